namespace FusedMoe;

/// <summary>The version of the contracts in this assembly.</summary>
public static class MoeContract
{
    /// <summary>A plugin built against another version is refused by name.</summary>
    public const string Version = "1.0";
}
