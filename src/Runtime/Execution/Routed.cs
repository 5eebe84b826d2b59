namespace FusedMoe.Runtime;

/// <summary>Top-k ids and weights of a call.</summary>
/// <param name="Ids"><c>[M, k]</c>.</param>
/// <param name="Weights">float32 <c>[M, k]</c>.</param>
internal readonly record struct Routed(TensorView Ids, TensorView Weights);
