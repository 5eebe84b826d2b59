namespace FusedMoe;

/// <summary>Arguments of <see cref="IPrepareAndFinalize.Finalize"/>.</summary>
public readonly struct FinalizeCall
{
    /// <summary><c>[M, K]</c>, written in full.</summary>
    public required TensorView Output { get; init; }

    /// <summary>What the experts wrote; empty (0 rows) when no token arrived.</summary>
    public required TensorView ExpertOutput { get; init; }

    /// <summary>The dispatched weights when prepare returned some, else the caller's.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>The dispatched ids when prepare returned some, else the caller's.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>int32 <c>[G]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView ExpertMap { get; init; }

    /// <summary>G: experts of the layer.</summary>
    public required int GlobalExperts { get; init; }

    /// <summary>True when weights count as 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>What the experts left to do.</summary>
    public required WeightAndReduceSpec WeightAndReduce { get; init; }

    /// <summary>The scratch prepare got.</summary>
    public required TensorView Scratch { get; init; }

    /// <summary>int32 scalar on the device, or <see cref="TensorView.None"/>.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary>Micro-batch, 0 or 1.</summary>
    public int Lane { get; init; }
}
