namespace FusedMoe.Experts.Cutlass;

/// <summary>Names that appear in configuration.</summary>
internal static class CutlassNames
{
    public const string Plugin = "cutlass-experts";
    public const string Experts = "cutlass";
    public const string Batched = "cutlass-batched";
}
