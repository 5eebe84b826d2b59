namespace FusedMoe;

/// <summary>What prepare hands to the experts.</summary>
public readonly struct PreparedInputs
{
    /// <summary><c>[M', K]</c> or <c>[E_local, T·D, K]</c>. M' may be 0.</summary>
    public required TensorView Activations { get; init; }

    /// <summary>Scales, or <see cref="TensorView.None"/> when not quantized.</summary>
    public TensorView Scales { get; init; }

    /// <summary>Rows per local expert, when known.</summary>
    public ExpertTokens ExpertTokens { get; init; }

    /// <summary>
    /// Dispatched int32 <c>[M', k]</c> ids; <see cref="TensorView.None"/> keeps the caller's. When given, all M' rows are live:
    /// a count of valid tokens speaks of the caller's rows and must not be handed on to the experts.
    /// </summary>
    public TensorView TopKIds { get; init; }

    /// <summary>Dispatched float32 <c>[M', k]</c> weights; <see cref="TensorView.None"/> keeps the caller's.</summary>
    public TensorView TopKWeights { get; init; }
}
