namespace FusedMoe;

/// <summary>
/// Applies router weights and sums over top-k, in float32, in slot order, rounding once to the output type.
/// </summary>
public interface ITopKWeightAndReduce
{
    /// <summary>Which form of output it weights and reduces, as the experts handed it over.</summary>
    WeightAndReduceSpec Spec { get; }

    /// <summary>Enqueues the reduction.</summary>
    /// <exception cref="InvalidOperationException">The strategy is
    /// <see cref="WeightAndReduceKind.Delegate"/>.</exception>
    /// <exception cref="ArgumentException">A shape does not fit the strategy.</exception>
    void Apply(in WeightAndReduceCall call, IComputeStream stream);
}
