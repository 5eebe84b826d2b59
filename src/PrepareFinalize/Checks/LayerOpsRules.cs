namespace FusedMoe.PrepareFinalize;

/// <summary>What layer steps of both kinds of device refuse about shapes and types, in the same words.</summary>
internal static class LayerOpsRules
{
    /// <summary>Checks a gate projection.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape, or the bias another type.</exception>
    public static void CheckProjection(TensorView hidden, TensorView weight, TensorView bias, TensorView logits)
    {
        TensorCheck.Require(hidden.Shape.Rank == 2, "hidden states", "[M, K]", hidden);
        var (tokens, columns) = (hidden.Shape[0], hidden.Shape[1]);
        TensorCheck.Require(weight.Shape.Rank == 2 && weight.Shape[1] == columns, "gate", $"[G, {columns}]", weight);
        var experts = weight.Shape[0];
        TensorCheck.Require(
            logits.Shape == new TensorShape(tokens, experts), "router logits", $"[{tokens}, {experts}]", logits);
        TensorCheck.Require(
            bias.IsNone || (bias.Elements == experts && bias.DType.IsActivation()),
            "gate bias",
            $"float32, bf16 or fp16 [{experts}]",
            bias);
    }

    /// <summary>Checks an accumulation.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape or type.</exception>
    public static void CheckAccumulation(TensorView target, TensorView addend, TensorView validTokens)
    {
        TensorCheck.Require(target.Shape.Rank == 2, "target", "[M, K]", target);
        TensorCheck.Require(
            target.Shape == addend.Shape && target.DType == addend.DType,
            "addend",
            $"{target.DType.Name()} {target.Shape}",
            addend);
        TensorCheck.RequireValidTokens(validTokens);
    }

    /// <summary>Checks what identity experts are given.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape or type.</exception>
    public static void CheckIdentity(in IdentityCall call)
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
        TensorCheck.RequireValidTokens(call.ValidTokens);
    }
}
