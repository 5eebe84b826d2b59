namespace FusedMoe.Runtime;

/// <summary>A file of a plugin folder that is a plugin, or claims to be an assembly and is not.</summary>
/// <param name="Path">Full path.</param>
/// <param name="ContractVersion">What it was built against; null when the file is no assembly.</param>
/// <param name="Failure">Why it cannot even be inspected; null otherwise.</param>
internal sealed record PluginFile(string Path, string? ContractVersion, string? Failure)
{
    /// <summary>File name with extension.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);
}
