namespace FusedMoe.Experts.Cutlass;

/// <summary>The fixed arguments of one product of few tokens.</summary>
internal static class DecodeProduct
{
    /// <summary>A product over <paramref name="weight"/> <c>[E, halves · features, k]</c>.</summary>
    public static DecodeArgs Bind(CutlassLayer layer, TensorView weight, TensorView bias, int halves) => new()
    {
        weights = weight.Pointer,
        bias = bias.Pointer,
        top_k = (uint)layer.Shape.TopK,
        num_experts = (uint)layer.Shape.Experts,
        local_experts = (uint)layer.LocalExperts,
        size_k = (uint)weight.Shape[2],
        features = (uint)(weight.Shape[1] / halves),
        bias_kind = bias.DType == DType.Float32 ? 0u : 1u,
        is_interleaved = halves == 2 && layer.Activation.IsInterleaved ? 1u : 0u,
        limit = layer.Activation.Limit ?? float.PositiveInfinity,
        alpha = layer.Activation.Alpha,
        beta = layer.Activation.Beta,
    };
}
