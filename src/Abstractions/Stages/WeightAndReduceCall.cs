namespace FusedMoe;

/// <summary>Arguments of <see cref="ITopKWeightAndReduce.Apply"/>.</summary>
public readonly struct WeightAndReduceCall
{
    /// <summary>
    /// <c>[M, K]</c>, written in full; tokens without a local expert get zeros. May be the experts' output itself for a
    /// no-op.
    /// </summary>
    public required TensorView Output { get; init; }

    /// <summary>What the experts wrote; its shape is the one of the strategy's kind.</summary>
    public required TensorView ExpertOutput { get; init; }

    /// <summary>float32 <c>[M, k]</c>.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>int32 <c>[M, k]</c> global ids; ids outside 0 … G - 1 are skipped.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>
    /// int32 <c>[G]</c>, or <see cref="TensorView.None"/>; slots of experts that are not local are skipped.
    /// </summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>G: experts of the layer.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>True when weights count as 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>int32 scalar on the device, or <see cref="TensorView.None"/>.</summary>
    public TensorView ValidTokens { get; init; }
}
