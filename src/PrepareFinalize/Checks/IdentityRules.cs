namespace FusedMoe.PrepareFinalize;

/// <summary>What both kinds of device refuse about the tensors of identity experts, in the same words.</summary>
internal static class IdentityRules
{
    /// <exception cref="ArgumentException">A tensor has another shape or type.</exception>
    public static void Check(in IdentityCall call)
    {
        var (target, ids) = (call.Target, call.TopKIds);
        TensorCheck.Require(target.Shape.Rank == 2, "target", "[M, K]", target);
        TensorCheck.Require(
            call.HiddenStates.Shape == target.Shape && call.HiddenStates.DType == target.DType,
            "hidden states",
            $"{target.DType.Name()} {target.Shape}",
            call.HiddenStates);
        TensorCheck.Require(
            ids.Shape.Rank == 2 && ids.Shape[0] == target.Shape[0] && ids.DType is DType.Int32 or DType.Int64,
            "top-k ids",
            $"int32 or int64 [{target.Shape[0]}, k]",
            ids);
        TensorCheck.Require(
            call.TopKWeights.Shape == ids.Shape && call.TopKWeights.DType == DType.Float32,
            "top-k weights",
            $"float32 {ids.Shape}",
            call.TopKWeights);
        TensorCheck.Require(
            call.ValidTokens.IsNone || (call.ValidTokens.DType == DType.Int32 && call.ValidTokens.Elements == 1),
            "valid tokens",
            "int32 [1]",
            call.ValidTokens);
    }
}
