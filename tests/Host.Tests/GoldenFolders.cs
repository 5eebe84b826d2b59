using System.Runtime.CompilerServices;

namespace FusedMoe.Host.Tests;

/// <summary>Recorded checkpoints of the repository.</summary>
internal static class GoldenFolders
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Names =>
        Directory.GetDirectories(Root).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal);

    public static string Of(string name) => Path.Combine(Root, name);

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../data/golden"));
}
