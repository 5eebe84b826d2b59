namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Folders of recorded layers.</summary>
internal static class TestData
{
    public static string Root { get; } = FindRoot();

    public static string Golden(string name) => Path.Combine(Root, "golden", name);

    /// <summary>Names of all recorded layers, relative to <see cref="Root"/>.</summary>
    public static IEnumerable<string> RecordedLayers() => new[] { "golden", "recorded" }
        .Select(f => Path.Combine(Root, f))
        .Where(Directory.Exists)
        .SelectMany(Directory.EnumerateDirectories)
        .Where(f => File.Exists(Path.Combine(f, "golden.safetensors")))
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Plugins.sln")))
            {
                return Path.Combine(folder, "tests", "data");
            }
        }

        throw new InvalidOperationException("No Plugins.sln above the test assembly; run the tests where they were built.");
    }
}
