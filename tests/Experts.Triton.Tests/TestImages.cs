using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton.Tests;

/// <summary>
/// Manifests made by hand, so that choices can be tested apart from what the last kernel build holds.
/// </summary>
internal static class TestImages
{
    public static readonly string[] Tiles =
    [
        "16x64x128x4x4", "16x128x64x4x5", "32x128x64x4x5", "64x128x64x4x4", "128x128x64x8x3", "128x256x64x8x3",
    ];

    /// <summary>
    /// bf16 images as the catalog builds them: even tiles of both kinds, masked ones, tiny batch, sums.
    /// </summary>
    public static TritonImages Standard(string arch = "sm_90")
    {
        var keys = new List<string>();
        foreach (var kind in new[] { "gated", "plain" })
        {
            keys.AddRange(Tiles.Select(t => $"grouped_gemm_bf16_{t}_{kind}_even"));
            foreach (var alignment in new[] { "wide", "any" })
            {
                keys.Add($"grouped_gemm_bf16_16x128x64x4x5_{kind}_{alignment}");
                keys.Add($"grouped_gemm_bf16_64x128x64x4x4_{kind}_{alignment}");
            }

            foreach (var tile in new[] { "4x512x3", "16x256x3" })
            {
                keys.Add($"tiny_gate_up_bf16_{tile}_{kind}_even");
                keys.Add($"tiny_gate_up_bf16_{tile}_{kind}_any");
            }
        }

        foreach (var slots in new[] { 1, 2, 4, 8, 16 })
        {
            foreach (var tile in new[] { "8x512x3", "16x512x3" })
            {
                keys.Add($"tiny_down_bf16_k{slots}_{tile}_even");
                keys.Add($"tiny_down_bf16_k{slots}_{tile}_wide");
                keys.Add($"tiny_down_bf16_k{slots}_{tile}_any");
            }

            keys.Add($"weighted_sum_bf16_k{slots}_wide");
            keys.Add($"weighted_sum_bf16_k{slots}_any");
        }

        return Of(keys, arch);
    }

    public static TritonImages Of(IEnumerable<string> keys, string arch = "sm_90") =>
        new(new KernelManifest("test", [.. keys.Select(k => Entry(k, arch))]));

    public static TritonLayer Layer(
        int hidden = 2048, int intermediate = 768, int experts = 128, int topK = 8, ActivationSpec? activation = null,
        bool isBatchInvariant = false, int computeCapability = 90)
    {
        var spec = activation ?? ActivationSpec.Silu;
        var scheme = TritonScheme.For(QuantSpec.None, DType.BFloat16)!;
        return new TritonLayer(
            new MoeShape(experts, topK, hidden, intermediate), experts, spec.IsGated ? 2 * intermediate : intermediate,
            DType.BFloat16, scheme, ActivationPlan.For(spec), TestDevices.Gpu(computeCapability), false, spec.IsInterleaved,
            isBatchInvariant);
    }

    private static KernelEntry Entry(string key, string arch)
    {
        var isPortable = key.EndsWith(TritonImages.PortableSuffix, StringComparison.Ordinal);
        return new KernelEntry
        {
            Key = key,
            Stem = key,
            Symbol = key,
            Threads = 128,
            Parameters = [],
            Sources = [],
            Sha256 = string.Empty,
            Images = [new KernelImage(isPortable ? "compute_80" : arch, key, string.Empty)],
        };
    }
}
