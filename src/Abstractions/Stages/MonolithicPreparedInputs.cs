namespace FusedMoe;

/// <summary>What monolithic prepare hands to the experts.</summary>
/// <param name="Activations"><c>[M', K]</c>.</param>
/// <param name="Scales">Scales, or <see cref="TensorView.None"/>.</param>
/// <param name="RouterLogits"><c>[M', G]</c>.</param>
public readonly record struct MonolithicPreparedInputs(TensorView Activations, TensorView Scales, TensorView RouterLogits);
