namespace FusedMoe.Runtime;

/// <summary>Options of <c>FusedMoe:Plugins</c>.</summary>
public sealed class PluginLoadOptions
{
    /// <summary>
    /// Folders that plugins are loaded from: assemblies in the folder itself and in its direct subfolders. Relative
    /// paths start at the application's folder. Default: <c>plugins</c>.
    /// </summary>
    public IList<string> Folders { get; set; } = ["plugins"];

    /// <summary>
    /// Pins: file name of a plugin assembly to the SHA-256 of the file, 64 hexadecimal digits. A plugin whose file has
    /// another hash is not loaded. Default: none.
    /// </summary>
    public IDictionary<string, string> Sha256 { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for a text that can be a path at all.</summary>
    internal static bool IsPath(string? folder) => !string.IsNullOrWhiteSpace(folder) && !folder.Contains('\0');

    /// <summary>The full path of one of <see cref="Folders"/>.</summary>
    internal static string FullPath(string folder) => Path.GetFullPath(folder, AppContext.BaseDirectory);
}
