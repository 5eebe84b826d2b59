namespace FusedMoe.Experts.Triton;

/// <summary>Names of the plugin and of the experts it offers, as configuration spells them.</summary>
internal static class TritonNames
{
    /// <summary>The plugin.</summary>
    public const string Plugin = "triton-experts";

    /// <summary>Experts in the standard format.</summary>
    public const string Standard = "triton";

    /// <summary>Experts in the batched format.</summary>
    public const string Batched = "triton-batched";
}
