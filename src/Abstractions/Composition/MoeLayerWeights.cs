namespace FusedMoe;

/// <summary>
/// All tensors of one layer on one device. Views; the owner keeps them alive as long as kernels use them.
/// </summary>
public sealed record MoeLayerWeights
{
    /// <summary>Routed experts of this rank.</summary>
    public required ExpertWeights Experts { get; init; }

    /// <summary>
    /// Gate projection <c>[G, K]</c>, with a row for each identity expert behind those of experts;
    /// <see cref="TensorView.None"/> when callers bring logits or ids.
    /// </summary>
    public TensorView Gate { get; init; }

    /// <summary>Gate bias <c>[G]</c>, as long as the gate has rows, added to the logits.</summary>
    public TensorView GateBias { get; init; }

    /// <summary>float32 <c>[G]</c> correction bias, as long as the gate has rows, added for selection only.</summary>
    public TensorView CorrectionBias { get; init; }

    /// <summary>int32 <c>[vocabulary, k]</c> table of hash routing.</summary>
    public TensorView HashTable { get; init; }

    /// <summary>
    /// Shared experts as one expert: W13 <c>[1, 2I_s, K]</c>, W2 <c>[1, K, I_s]</c>; null without shared experts.
    /// </summary>
    public ExpertWeights? SharedExperts { get; init; }

    /// <summary>Shared experts' sigmoid gate <c>[1, K]</c>.</summary>
    public TensorView SharedGate { get; init; }
}
