namespace FusedMoe;

/// <summary>
/// Arguments of one call of a composed kernel. Give ids and weights, or logits, or neither (the kernel then projects
/// logits with its gate). All tensors are on the kernel's device.
/// </summary>
public readonly struct MoeKernelCall
{
    /// <summary>
    /// <c>[M, K]</c> in the layer's activation type, M at most the deployment's maximum; never written. Experts of a GPU may
    /// refuse an address that is no multiple of 16 bytes, of these and of the output.
    /// </summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary><c>[M, K]</c>, written in full; must not overlap the hidden states.</summary>
    public required TensorView Output { get; init; }

    /// <summary>int32 <c>[M, k]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView TopKIds { get; init; }

    /// <summary>float32 <c>[M, k]</c>; given exactly when the ids are.</summary>
    public TensorView TopKWeights { get; init; }

    /// <summary><c>[M, G]</c>, and a column for each identity expert behind; or <see cref="TensorView.None"/>.</summary>
    public TensorView RouterLogits { get; init; }

    /// <summary>int32 <c>[M]</c> token ids of hash routing.</summary>
    public TensorView TokenIds { get; init; }

    /// <summary>
    /// Input of the shared experts when it differs from the hidden states; <see cref="TensorView.None"/> otherwise.
    /// </summary>
    public TensorView SharedExpertsInput { get; init; }

    /// <summary>int32 scalar on the device: live rows; <see cref="TensorView.None"/> when all are.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>Rows expected to be live; 0 means all.</summary>
    public int TokensHint { get; init; }

    /// <summary>LoRA adapters, or null.</summary>
    public LoraContext? Lora { get; init; }
}
