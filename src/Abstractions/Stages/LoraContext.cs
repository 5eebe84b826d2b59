namespace FusedMoe;

/// <summary>
/// LoRA adapters of one call. Deltas are added to the first product before the activation and to the second before the
/// sum over k; A is <c>[L, E, r, in]</c>, B <c>[L, E, out, r]</c>. Adapter -1 means none.
/// </summary>
/// <param name="W13A">A of the first product, one slice a half: <c>[L, E, slices·r, K]</c>.</param>
/// <param name="W13B">B of the first product: <c>[L, E, N, r]</c>.</param>
/// <param name="W2A">A of the second product: <c>[L, E, r, I]</c>.</param>
/// <param name="W2B">B of the second product: <c>[L, E, K, r]</c>.</param>
/// <param name="TokenAdapters">int32 <c>[M]</c>: adapter of each token, -1 for none.</param>
/// <param name="HiddenStates">Unquantized hidden states <c>[M, K]</c>.</param>
public sealed record LoraContext(
    TensorView W13A, TensorView W13B, TensorView W2A, TensorView W2B, TensorView TokenAdapters, TensorView HiddenStates);
