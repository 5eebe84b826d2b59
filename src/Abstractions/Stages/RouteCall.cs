namespace FusedMoe;

/// <summary>Arguments of <see cref="IRouter.Route"/>.</summary>
public readonly struct RouteCall
{
    /// <summary><c>[M, G]</c> in float32, bf16 or fp16; to a router identity experts are experts.</summary>
    public required TensorView Logits { get; init; }

    /// <summary>float32 <c>[G]</c> correction bias when the routing has one.</summary>
    public TensorView CorrectionBias { get; init; }

    /// <summary>int32 <c>[vocabulary, k]</c> table of hash routing.</summary>
    public TensorView HashTable { get; init; }

    /// <summary>int32 <c>[M]</c> token ids of hash routing; ids outside the table give expert -1.</summary>
    public TensorView TokenIds { get; init; }

    /// <summary>int32 or int64 <c>[M, k + fused shared]</c>, written.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>float32 <c>[M, k + fused shared]</c>, written.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>
    /// int32 scalar on the device, or <see cref="TensorView.None"/>; rows beyond it get id -1 and weight 0.
    /// </summary>
    public TensorView ValidTokens { get; init; }
}
