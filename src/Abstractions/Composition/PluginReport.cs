namespace FusedMoe;

/// <summary>One plugin assembly and how loading it went.</summary>
/// <param name="Name">The plugin's name, or the file's name when it did not load.</param>
/// <param name="Path">Full path of the assembly.</param>
/// <param name="Version">Assembly version; null when it did not load.</param>
/// <param name="Sha256">Lower-case hash of the file; null when it could not be read.</param>
/// <param name="Failure">Why it did not load; null when it did.</param>
public sealed record PluginReport(string Name, string Path, string? Version, string? Sha256, string? Failure)
{
    /// <summary>True when it loaded.</summary>
    public bool IsLoaded => Failure is null;
}
