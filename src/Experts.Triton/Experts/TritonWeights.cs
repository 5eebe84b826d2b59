using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>Weights in the checkpoint's layout, checked and used as they are.</summary>
internal sealed class TritonWeights : IPreparedWeights
{
    private const int Alignment = 16;

    private TritonWeights(ExpertWeights weights) => Weights = weights;

    /// <inheritdoc/>
    public WeightLayout Layout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public ExpertWeights Weights { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => 0;

    /// <summary>Checks weights against a layer.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape, type or arrangement; names it and the
    /// fix.</exception>
    public static TritonWeights From(TritonLayer layer, ExpertWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var (experts, hidden, inter) = (layer.LocalExperts, layer.Shape.Hidden, layer.Shape.Intermediate);
        Check("w13", source.W13, layer, new TensorShape(experts, layer.GateUp, hidden), layer.First.IsAligned);
        Check("w2", source.W2, layer, new TensorShape(experts, hidden, inter), layer.Second.IsAligned);
        CheckBias("w13 bias", source.W13Bias, layer, new TensorShape(experts, layer.GateUp));
        CheckBias("w2 bias", source.W2Bias, layer, new TensorShape(experts, hidden));
        if (layer.Scheme.Quant.Weight is not null)
        {
            CheckScale("w13 scale", source.W13Scale);
            CheckScale("w2 scale", source.W2Scale);
        }

        return new TritonWeights(source);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static void Check(string name, TensorView view, TritonLayer layer, TensorShape shape, bool isAligned)
    {
        var dtype = layer.Scheme.Quant.Weight?.Element ?? layer.DType;
        if (view.Shape != shape || view.DType != dtype)
        {
            throw new ArgumentException(
                $"{name} must be {dtype.Name()} {shape}, got {view}; load the weights of this layer and rank.",
                nameof(view));
        }

        // Padded rows are fine as long as a row starts where vector loads may start.
        var bytes = view.Strides[1] * dtype.Bits() / 8;
        var isRowAligned = bytes % Alignment == 0 && view.Pointer % Alignment == 0;
        if (view.Strides[2] != 1 || (isAligned && !isRowAligned))
        {
            throw new ArgumentException(
                $"{name} must have dense rows that start at multiples of {Alignment} bytes, "
                + $"got strides {view.Strides} at 0x{view.Pointer:x}; copy it to its own allocation.", nameof(view));
        }
    }

    private static void CheckBias(string name, TensorView view, TritonLayer layer, TensorShape shape)
    {
        if (!view.IsNone)
        {
            DenseTensor.Require(name, view, shape, 1, "convert it when loading", DType.Float32, layer.DType);
        }
    }

    private static void CheckScale(string name, TensorView view)
    {
        if (view.IsNone || !view.IsContiguous)
        {
            throw new ArgumentException(
                $"{name} must be given and dense for quantized weights, got {view}; load the checkpoint's scales.",
                nameof(view));
        }
    }
}
