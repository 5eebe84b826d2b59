namespace FusedMoe.Host.Layers;

/// <summary>Where a tensor of random weights lies in the block that all are taken from.</summary>
/// <param name="Start">Its first element.</param>
/// <param name="Rows">Rows an expert.</param>
/// <param name="Columns">Elements a row.</param>
internal readonly record struct SyntheticTensor(long Start, int Rows, int Columns)
{
    public static SyntheticTensor W13(MoeLayerSpec layer) => new(0, layer.GateUpSize, layer.Shape.Hidden);

    public static SyntheticTensor W2(MoeLayerSpec layer) => new(1_000_003, layer.Shape.Hidden, layer.Shape.Intermediate);

    public static SyntheticTensor W13Bias(MoeLayerSpec layer) => new(2_000_003, 1, layer.GateUpSize);

    public static SyntheticTensor W2Bias(MoeLayerSpec layer) => new(3_000_017, 1, layer.Shape.Hidden);
}
