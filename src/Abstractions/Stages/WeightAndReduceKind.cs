namespace FusedMoe;

/// <summary>How much of "multiply by the router weight and sum over k" is left after the experts.</summary>
public enum WeightAndReduceKind
{
    /// <summary>Nothing: the experts' output is <c>[M, K]</c>, done.</summary>
    NoOp,

    /// <summary>
    /// The output is <c>[M, k, K]</c>: weight each slot unless weighted on input, sum over k in slot order in float32.
    /// </summary>
    Contiguous,

    /// <summary>
    /// The output is <c>[E_local, T·D, K]</c> of rank <see cref="WeightAndReduceSpec.Rank"/>: find each token's rows,
    /// weight, sum.
    /// </summary>
    Batched,

    /// <summary>Prepare/finalize must put its own strategy here.</summary>
    Delegate,
}
