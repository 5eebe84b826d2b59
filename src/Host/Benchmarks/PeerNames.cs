namespace FusedMoe.Host.Benchmarks;

/// <summary>The peers that benchmarks/peers measures, as its files name them.</summary>
internal static class PeerNames
{
    /// <summary>vLLM's fused-MoE Triton kernel in its graph-capturable form.</summary>
    public const string Triton = "triton";

    /// <summary>The layer over torch.nn.functional.grouped_mm.</summary>
    public const string GroupedMm = "grouped_mm";

    public static IReadOnlyList<string> All { get; } = [Triton, GroupedMm];
}
