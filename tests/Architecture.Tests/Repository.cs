using System.Runtime.CompilerServices;

namespace FusedMoe.Architecture.Tests;

/// <summary>The checked-out tree these tests look at.</summary>
internal static class Repository
{
    private static readonly string[] SourceFolders = ["src", "tests", "benchmarks"];

    public static string Root { get; } = FindRoot();

    /// <summary>All C# files that people wrote, as absolute paths.</summary>
    public static IEnumerable<string> CSharpFiles() => Files("*.cs", SourceFolders);

    /// <summary>All Python files that people wrote, as absolute paths.</summary>
    public static IEnumerable<string> PythonFiles() => Files("*.py", [.. SourceFolders, "tools"]);

    /// <summary>All sources of CUDA kernels, as absolute paths.</summary>
    public static IEnumerable<string> CudaFiles() => Files("*.cu", SourceFolders).Concat(Files("*.cuh", SourceFolders));

    public static IEnumerable<string> Projects() => Files("*.csproj", SourceFolders);

    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        folders.Select(f => Path.Combine(Root, f))
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, pattern, SearchOption.AllDirectories))
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Plugins.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"No Plugins.sln above {here}; the tests must run where they were built.");
    }
}
