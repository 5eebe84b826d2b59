namespace FusedMoe;

/// <summary>
/// Shared experts: a dense gated MLP that every token passes, added to the routed output. With
/// <paramref name="HasGate"/> its output is multiplied by <c>sigmoid(x·g)</c>, g <c>[1, K]</c>.
/// </summary>
/// <param name="Intermediate">Intermediate size of all shared experts together, in elements.</param>
/// <param name="HasGate">True when a sigmoid gate scales the output.</param>
/// <param name="Quant">Quantization of their weights and activations; null for the layer's own.</param>
public sealed record SharedExpertsSpec(int Intermediate, bool HasGate = false, QuantSpec? Quant = null)
{
    /// <summary>Their activation, gated exactly when the layer's is; null for the layer's own.</summary>
    public ActivationSpec? Activation { get; init; }
}
