using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>Weights in the checkpoint's layout, checked and used as they are.</summary>
internal sealed class TritonWeights : IPreparedWeights
{
    private const int Alignment = 16;
    private const string Convert = "convert it when loading";

    private TritonWeights(ExpertWeights weights) => Weights = weights;

    /// <inheritdoc/>
    public WeightLayout Layout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public ExpertWeights Weights { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => 0;

    /// <summary>Checks weights against a layer.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape, type or arrangement, or is on another
    /// device; names it and the fix.</exception>
    public static TritonWeights From(TritonLayer layer, ExpertWeights source)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.RequireOn(layer.Device.Id);
        var (experts, hidden, inter) = (layer.LocalExperts, layer.Shape.Hidden, layer.Shape.Intermediate);
        Check("w13", source.W13, layer, new TensorShape(experts, layer.GateUp, hidden), layer.First.IsAligned);
        Check("w2", source.W2, layer, new TensorShape(experts, hidden, inter), layer.Second.IsAligned);
        CheckBias("w13 bias", source.W13Bias, layer, new TensorShape(experts, layer.GateUp));
        CheckBias("w2 bias", source.W2Bias, layer, new TensorShape(experts, hidden));
        if (layer.Scheme.Quant.Weight is { } key)
        {
            CheckScale("w13 scale", source.W13Scale, key, source.W13.Shape);
            CheckScale("w2 scale", source.W2Scale, key, source.W2.Shape);
            CheckZeroPoints("w13 zero points", source.W13ZeroPoints, key, source.W13.Shape);
            CheckZeroPoints("w2 zero points", source.W2ZeroPoints, key, source.W2.Shape);
        }
        else
        {
            CheckUnquantized("w13 scale", source.W13Scale);
            CheckUnquantized("w2 scale", source.W2Scale);
        }

        if (layer.Scheme.Quant.Activation is { Scale.IsStatic: true })
        {
            Require("a13 scale", source.A13Scale, new TensorShape(1), DType.Float32);
            Require("a2 scale", source.A2Scale, new TensorShape(1), DType.Float32);
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

        // Padded rows are fine as long as they start where images with vector loads take them to start.
        var step = Alignment * (dtype.IsPacked() ? 2 : 1);
        var isPlaced = view.Strides[0] % step == 0 && view.Strides[1] % step == 0 && view.Pointer % Alignment == 0;
        if (view.Strides[2] != 1 || (isAligned && !isPlaced))
        {
            throw new ArgumentException(
                $"{name} must have dense rows, a multiple of {step} elements apart and starting at a multiple of {Alignment} "
                + $"bytes, got strides {view.Strides} at 0x{view.Pointer:x}; copy it to its own allocation.", nameof(view));
        }

        // Offsets inside one expert have 32 bits in the kernels.
        if (view.Shape[1] * view.Strides[1] > int.MaxValue)
        {
            throw new ArgumentException(
                $"One expert of {name} must span at most {int.MaxValue} elements, got {view.Shape[1]} rows {view.Strides[1]} "
                + "apart; copy it to its own allocation.", nameof(view));
        }
    }

    private static void CheckBias(string name, TensorView view, TritonLayer layer, TensorShape shape)
    {
        if (layer.HasExpertBias)
        {
            DenseTensor.Require(name, view, shape, 1, Convert, DType.Float32, layer.DType);
        }
        else
        {
            DenseTensor.RequireAbsent(name, view, "a layer without expert biases", "set HasExpertBias in the layer spec");
        }
    }

    private static void CheckUnquantized(string name, TensorView scale) =>
        DenseTensor.RequireAbsent(name, scale, "unquantized weights", "name the quantization in the layer spec");

    private static void CheckScale(string name, TensorView view, QuantKey key, TensorShape weight)
    {
        var shape = ScaleLayout.ShapeOf(key, (int)weight[0], (int)weight[1], (int)weight[2]);
        if (key.Scale.DType == DType.Float8E8M0)
        {
            // An exponent is a byte by either name.
            Require(name, view, shape, DType.Float8E8M0, DType.UInt8);
        }
        else
        {
            Require(name, view, shape, key.Scale.DType);
        }
    }

    private static void CheckZeroPoints(string name, TensorView view, QuantKey key, TensorShape weight)
    {
        if (!key.IsSymmetric)
        {
            var (experts, rows, columns) = ((int)weight[0], (int)weight[1], (int)weight[2]);
            var groups = ScaleLayout.ShapeOf(key, experts, rows, columns)[2];
            Require(name, view, new TensorShape(experts, (rows + 1) / 2, groups), DType.UInt8);
        }
        else
        {
            DenseTensor.RequireAbsent(name, view, key.Name, "name the asymmetric quantization");
        }
    }

    private static void Require(string name, TensorView view, TensorShape shape, params ReadOnlySpan<DType> types) =>
        DenseTensor.Require(name, view, shape, 1, "load the checkpoint's quantization tensors", types);
}
