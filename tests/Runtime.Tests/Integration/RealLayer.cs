using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Integration;

/// <summary>A small float32 layer with random tensors and its output by hand.</summary>
internal sealed class RealLayer
{
    private readonly TensorView _hidden;
    private readonly TensorView _output;

    public RealLayer(Tensors tensors, MoeLayerSpec layer, int rows)
    {
        (Layer, Rows) = (layer, rows);
        Weights = LayerMath.RandomWeights(tensors, layer);
        _hidden = tensors.RandomFloats(rows, layer.Shape.Hidden);
        _output = tensors.Floats(rows, layer.Shape.Hidden);
    }

    public MoeLayerSpec Layer { get; }

    public int Rows { get; }

    public MoeLayerWeights Weights { get; }

    public MoeKernelCall Call(int first, int count) => new()
    {
        HiddenStates = _hidden.Slice(0, first, count),
        Output = _output.Slice(0, first, count),
    };

    /// <summary>The weights of one of <paramref name="size"/> ranks that share the experts equally.</summary>
    public MoeLayerWeights OfRank(int rank, int size)
    {
        var share = Layer.Shape.Experts / size;
        return Weights with
        {
            Experts = new ExpertWeights
            {
                W13 = Weights.Experts.W13.Slice(0, rank * share, share),
                W2 = Weights.Experts.W2.Slice(0, rank * share, share),
            },
        };
    }

    public float[] Expected() => LayerMath.Expected(Layer, Weights, _hidden);
}
