using System.Text.RegularExpressions;

namespace FusedMoe.Experts.Triton.Tests;

/// <summary>The kernel sources of the work tree.</summary>
internal static class KernelSources
{
    /// <summary>Folder of the sources.</summary>
    public static string Folder => Path.Combine(Root, "src", "Experts.Triton", "Kernels");

    /// <summary>The work tree.</summary>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Plugins.sln")))
            {
                folder = folder.Parent;
            }

            return folder is null
                ? throw new DirectoryNotFoundException($"Plugins.sln must lie above {AppContext.BaseDirectory}, got none.")
                : folder.FullName;
        }
    }

    /// <summary>Runtime parameters of a kernel in order, without compile-time constants.</summary>
    public static string[] Parameters(string file, string kernel)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var list = Regex.Match(text, @"def " + kernel + @"\(([^)]*)\)").Groups[1].Value;
        return [.. list.Split(',').Select(p => p.Trim()).Where(p => p.Length > 0 && !p.Contains("constexpr"))];
    }
}
