using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Weights in the checkpoint's layout, checked and used as they are, and beside them the counters from which the grouped
/// products take their tiles. A product leaves its counter as it found it, so calls of these weights must follow each other.
/// </summary>
internal sealed class CutlassWeights : IPreparedWeights
{
    private const int Alignment = 16;
    private const int Products = 2;
    private readonly IDeviceMemory _counters;

    private CutlassWeights(ExpertWeights weights, IDeviceMemory counters) => (Weights, _counters) = (weights, counters);

    /// <inheritdoc/>
    public WeightLayout Layout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public ExpertWeights Weights { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => _counters.Bytes;

    /// <summary>Address of the first product's counter, int32.</summary>
    public nint FirstCounter => _counters.Pointer;

    /// <summary>Address of the second product's counter, int32.</summary>
    public nint SecondCounter => _counters.Pointer + sizeof(int);

    /// <summary>Checks weights against a layer, and makes their counters in the order of <paramref name="stream"/>.</summary>
    /// <exception cref="ArgumentException">As <see cref="Check"/>.</exception>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    public static CutlassWeights From(CutlassLayer layer, ExpertWeights source, IComputeStream stream)
    {
        Check(layer, source);
        var counters = stream.Device.Allocate(Products * sizeof(int), "tile counters");
        try
        {
            stream.Fill(counters.Pointer, 0, counters.Bytes);
            return new CutlassWeights(source, counters);
        }
        catch
        {
            counters.Dispose();
            throw;
        }
    }

    /// <summary>The weights of a call.</summary>
    /// <exception cref="ArgumentException">Other experts prepared them.</exception>
    public static CutlassWeights Of(IPreparedWeights weights) => weights as CutlassWeights ?? throw new ArgumentException(
        $"weights must be prepared by {nameof(IExpertsBase.PrepareWeights)} of the experts that take the call, "
        + $"got {weights?.GetType().Name ?? "null"}.", nameof(weights));

    /// <summary>Checks weights against a layer.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape, type or arrangement, or is on another
    /// device; names it and the fix.</exception>
    public static void Check(CutlassLayer layer, ExpertWeights source)
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
    }

    /// <inheritdoc/>
    public void Dispose() => _counters.Dispose();

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
