namespace FusedMoe;

/// <summary>
/// What the experts left. The default value means "the output is written". Otherwise the output was not touched and the
/// consumer weights and sums: row <c>IndexMap[m, j]</c> of <paramref name="Permuted"/> times <c>Weights[m, j]</c>,
/// slots of -1 skipped.
/// </summary>
/// <param name="Permuted">Second product, <c>[rows, K]</c>, unweighted; more rows than pairs are possible.</param>
/// <param name="Weights"><c>[M, k]</c> in the activation type, routed scaling folded in.</param>
/// <param name="IndexMap">int32 <c>[M, k]</c>, -1 for pairs that are not local.</param>
public readonly record struct ExpertsResult(TensorView Permuted, TensorView Weights, TensorView IndexMap)
{
    /// <summary>The output is written.</summary>
    public static ExpertsResult Finished => default;

    /// <summary>True when weighting and reduction are left to the consumer.</summary>
    public bool IsUnfinalized => !Permuted.IsNone;
}
