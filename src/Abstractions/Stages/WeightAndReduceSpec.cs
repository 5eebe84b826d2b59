namespace FusedMoe;

/// <summary>
/// A strategy as data, handed from the experts to prepare/finalize, which turns it into an
/// <see cref="ITopKWeightAndReduce"/> of its device.
/// </summary>
/// <param name="Kind">What is left to do.</param>
/// <param name="Rank">Expert-parallel rank of a <see cref="WeightAndReduceKind.Batched"/> output; 0 otherwise.</param>
public readonly record struct WeightAndReduceSpec(WeightAndReduceKind Kind, int Rank = 0)
{
    /// <summary>Nothing is left.</summary>
    public static WeightAndReduceSpec NoOp => new(WeightAndReduceKind.NoOp);

    /// <summary>Weight and sum <c>[M, k, K]</c>.</summary>
    public static WeightAndReduceSpec Contiguous => new(WeightAndReduceKind.Contiguous);

    /// <summary>Prepare/finalize decides.</summary>
    public static WeightAndReduceSpec Delegate => new(WeightAndReduceKind.Delegate);

    /// <summary>Weight and sum the batched output of <paramref name="rank"/>.</summary>
    public static WeightAndReduceSpec Batched(int rank) => new(WeightAndReduceKind.Batched, rank);
}
