namespace FusedMoe;

/// <summary>
/// Arguments of one call of monolithic experts, which route inside. See <see cref="ExpertsCall"/> for the rules.
/// </summary>
public readonly struct MonolithicExpertsCall
{
    /// <summary><c>[M, K]</c>, written in full: routed, weighted and summed.</summary>
    public required TensorView Output { get; init; }

    /// <summary><c>[M, K]</c>, quantized when prepare quantized them.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary>Scales of quantized hidden states.</summary>
    public TensorView HiddenScales { get; init; }

    /// <summary><c>[M, G]</c> router logits.</summary>
    public required TensorView RouterLogits { get; init; }

    /// <summary>float32 <c>[G]</c> correction bias, or <see cref="TensorView.None"/>.</summary>
    public TensorView CorrectionBias { get; init; }

    /// <summary>Prepared weights.</summary>
    public required IPreparedWeights Weights { get; init; }

    /// <summary>int32 <c>[G]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>Scratch of the asked shape; shares memory with the output.</summary>
    public required TensorView Workspace13 { get; init; }

    /// <summary>Scratch of the asked shape.</summary>
    public required TensorView Workspace2 { get; init; }

    /// <summary>int32 scalar on the device, or <see cref="TensorView.None"/>.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>Rows expected to be live; 0 means all.</summary>
    public int TokensHint { get; init; }
}
