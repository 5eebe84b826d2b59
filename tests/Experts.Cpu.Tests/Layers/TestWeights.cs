namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>
/// Random weights in the checkpoint layout, in any quantization: codes and scales are drawn, nothing is quantized.
/// </summary>
internal static class TestWeights
{
    public static ExpertWeights Create(HostTensors tensors, LayerCase c)
    {
        var random = new Random(c.Seed);
        var (e, n, k, i) = (c.LocalExperts, c.Layer.GateUpSize, c.Shape.Hidden, c.Shape.Intermediate);
        var key = c.Features.Quant.Weight;
        var activation = c.Features.Quant.Activation;
        var needsInputScale = activation is { } a && (a.Scale.IsStatic || a.SecondScale is not null);
        return new ExpertWeights
        {
            W13 = Elements(tensors, random, c, e, n, k),
            W2 = Elements(tensors, random, c, e, k, i),
            W13Scale = Scales(tensors, random, key, e, n, k),
            W2Scale = Scales(tensors, random, key, e, k, i),
            W13GlobalScale = key?.SecondScale is null ? default : Positive(tensors, random, new(e)),
            W2GlobalScale = key?.SecondScale is null ? default : Positive(tensors, random, new(e)),
            W13ZeroPoints = ZeroPoints(tensors, random, key, e, n, k),
            W2ZeroPoints = ZeroPoints(tensors, random, key, e, k, i),
            W13Bias = c.Features.HasExpertBias ? Uniform(tensors, random, c.Features.WeightDType, new(e, n)) : default,
            W2Bias = c.Features.HasExpertBias ? Uniform(tensors, random, DType.Float32, new(e, k)) : default,
            A13Scale = needsInputScale ? tensors.From(DType.Float32, new(1), _ => 0.02f) : default,
            A2Scale = needsInputScale ? tensors.From(DType.Float32, new(1), _ => 0.03f) : default,
        };
    }

    private static TensorView Elements(HostTensors tensors, Random random, LayerCase c, int e, int rows, int columns)
    {
        var shape = new TensorShape(e, rows, columns);
        return c.Features.Quant.Weight is not { } key
            ? Uniform(tensors, random, c.Features.WeightDType, shape)
            : key.Element == DType.Float8E4M3
                ? tensors.From(key.Element, shape, _ => (random.NextSingle() - 0.5f) * 8)
                : tensors.Bytes(key.Element, shape, _ => random.Next(256));
    }

    private static TensorView Scales(HostTensors tensors, Random random, QuantKey? key, int e, int rows, int columns)
    {
        if (key is null)
        {
            return TensorView.None;
        }

        var group = key.Scale.Group;
        var (down, across) = WeightsCheck.ScaleGrid(group, rows, columns);
        var shape = group == GroupShape.PerTensor ? new TensorShape(e)
            : group == GroupShape.PerChannel ? new TensorShape(e, rows) : new TensorShape(e, down, across);
        return key.Scale.DType switch
        {
            DType.Float8E8M0 => tensors.Bytes(DType.Float8E8M0, shape, _ => random.Next(119, 124)),
            DType.Float8E4M3 => tensors.From(DType.Float8E4M3, shape, _ => 0.5f + random.NextSingle()),
            _ => tensors.From(DType.Float32, shape, _ => Unit(key) * (0.5f + random.NextSingle())),
        };
    }

    private static float Unit(QuantKey key) => key.Element switch
    {
        DType.Int8 or DType.UInt8 => 0.005f,
        DType.UInt4 => 0.05f,
        _ => 0.1f,
    };

    private static TensorView ZeroPoints(HostTensors tensors, Random random, QuantKey? key, int e, int rows,
        int columns) =>
        key is not { IsSymmetric: false }
            ? TensorView.None
            : tensors.Bytes(
                DType.UInt8, new(e, (rows + 1) / 2, columns / key.Scale.Group.Columns), _ => random.Next(256));

    private static TensorView Positive(HostTensors tensors, Random random, TensorShape shape) =>
        tensors.From(DType.Float32, shape, _ => 0.05f + (0.05f * random.NextSingle()));

    private static TensorView Uniform(HostTensors tensors, Random random, DType dtype, TensorShape shape) =>
        tensors.From(dtype, shape, _ => (random.NextSingle() - 0.5f) * 0.5f);
}
