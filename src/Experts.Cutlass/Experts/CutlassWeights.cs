using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Weights in the checkpoint's layout, checked and used as they are.</summary>
internal sealed class CutlassWeights : IPreparedWeights
{
    private const int Alignment = 16;

    private CutlassWeights(ExpertWeights weights) => Weights = weights;

    /// <inheritdoc/>
    public WeightLayout Layout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public ExpertWeights Weights { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => 0;

    /// <summary>Checks weights against a layer.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape, type or arrangement, or is on another
    /// device; names it and the fix.</exception>
    public static CutlassWeights From(CutlassLayer layer, ExpertWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireOn(layer.Device);
        var (experts, hidden, intermediate) = (layer.LocalExperts, layer.Shape.Hidden, layer.Shape.Intermediate);
        CheckMatrix("w13", source.W13, layer.DType, new TensorShape(experts, layer.GateUp, hidden));
        CheckMatrix("w2", source.W2, layer.DType, new TensorShape(experts, hidden, intermediate));
        CheckBias("w13 bias", source.W13Bias, layer, new TensorShape(experts, layer.GateUp));
        CheckBias("w2 bias", source.W2Bias, layer, new TensorShape(experts, hidden));
        CheckUnquantized("w13 scale", source.W13Scale);
        CheckUnquantized("w2 scale", source.W2Scale);
        return new CutlassWeights(source);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static void CheckUnquantized(string name, TensorView scale) =>
        DenseTensor.RequireAbsent(name, scale, "unquantized weights", "name the quantization in the layer spec");

    private static void CheckMatrix(string name, TensorView view, DType dtype, TensorShape shape) =>
        DenseTensor.Require(name, view, shape, Alignment, "load the weights of this layer and rank", dtype);

    private static void CheckBias(string name, TensorView view, CutlassLayer layer, TensorShape shape)
    {
        if (layer.HasExpertBias)
        {
            DenseTensor.Require(name, view, shape, 1, "convert it when loading", DType.Float32, layer.DType);
        }
        else
        {
            DenseTensor.RequireAbsent(name, view, "a layer without expert biases", "set HasExpertBias in the layer spec");
        }
    }
}
