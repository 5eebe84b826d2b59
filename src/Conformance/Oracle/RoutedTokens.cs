namespace FusedMoe.Conformance;

/// <summary>
/// What the reference router gives: <c>[M, k + fused shared]</c> ids and weights, and the keys <c>[M, G]</c> they were
/// chosen by (negative infinity in dropped groups).
/// </summary>
internal sealed record RoutedTokens(int[] Ids, double[] Weights, double[] Keys);
