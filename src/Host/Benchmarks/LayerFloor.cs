namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// The least time a layer can take: the larger of its bytes over the memory's bandwidth and its operations over the
/// processor's rate. Every input is read once and every output written once.
/// </summary>
/// <param name="Bytes">Weights of the experts that got a token, hidden states in, output out.</param>
/// <param name="Operations">Multiplications and additions of both grouped products.</param>
internal readonly record struct LayerFloor(double Bytes, double Operations)
{
    /// <summary>The floor of one rank of a shape when its tokens choose so.</summary>
    public static LayerFloor Of(NamedShape shape, TokenRouting routing)
    {
        var (pairs, active) = routing.LocalLoad(shape.LocalExperts);
        return Of(shape.Layer, routing.Ids.Length / shape.Layer.Shape.TopK, pairs, active);
    }

    /// <summary>
    /// The floor of <paramref name="pairs"/> (token, slot) pairs that reach <paramref name="activeExperts"/> experts.
    /// </summary>
    public static LayerFloor Of(MoeLayerSpec layer, int tokens, long pairs, int activeExperts)
    {
        var (_, _, hidden, intermediate) = layer.Shape;
        var matrices = layer.Activation.IsGated ? 3.0 : 2.0;
        var weightBits = layer.Quant.Weight?.Element.Bits() ?? layer.WeightDType.Bits();
        var activationBytes = layer.ActivationDType.Bits() / 8.0;
        var weights = activeExperts * matrices * hidden * intermediate * weightBits / 8.0;
        return new LayerFloor(
            weights + (2 * activationBytes * tokens * hidden),
            pairs * 2 * matrices * hidden * intermediate);
    }

    /// <summary>The floor in microseconds under <paramref name="ceilings"/>.</summary>
    public double Microseconds(DeviceCeilings ceilings) => Math.Max(
        Bytes / ceilings.BytesPerSecond,
        Operations / ceilings.OperationsPerSecond) * 1e6;
}
