using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Random rows and weights, on the host as bits and on the device.</summary>
internal sealed class BatchedOperands : IDisposable
{
    private readonly CudaStream _stream;
    private readonly CutlassLayer _layer;
    private readonly int[] _counts;
    private readonly int _capacity;
    private readonly List<DeviceTensor> _tensors = [];
    private readonly TensorView _x;
    private readonly TensorView _middle;
    private readonly CutlassWeights _weights;

    public BatchedOperands(CudaStream stream, CutlassLayer layer, int[] counts, int capacity)
    {
        (_stream, _layer, _counts, _capacity) = (stream, layer, counts, capacity);
        var (random, experts, rows) = (new Random(3), counts.Length, (long)counts.Length * capacity);
        var (hidden, intermediate) = (layer.Shape.Hidden, layer.Shape.Intermediate);
        ushort[] Bits(long count, double scale) => Numbers16.Random(random, DType.BFloat16, count, scale);
        XBits = Bits(rows * hidden, 1);
        MiddleBits = Bits(rows * intermediate, 1);
        W13Bits = Bits((long)experts * 2 * intermediate * hidden, 3 / Math.Sqrt(hidden));
        W2Bits = Bits((long)experts * hidden * intermediate, 3 / Math.Sqrt(intermediate));
        _x = Upload(XBits, rows, hidden);
        _middle = Upload(MiddleBits, rows, intermediate);
        var weights = new ExpertWeights
        {
            W13 = Upload(W13Bits, experts, 2 * intermediate, hidden),
            W2 = Upload(W2Bits, experts, hidden, intermediate),
        };
        _weights = CutlassWeights.From(layer, weights, stream);
    }

    public ushort[] XBits { get; }

    public ushort[] MiddleBits { get; }

    public ushort[] W13Bits { get; }

    public ushort[] W2Bits { get; }

    public ushort[] Run(CutlassLauncher launcher, CutlassTile tile, bool isFirst)
    {
        using var products = new CutlassProducts(_layer);
        using var counts = DeviceTensor.From(_stream, DType.Int32, _counts, _counts.Length);
        using var output = new DeviceTensor(
            _stream,
            DType.BFloat16,
            (long)_counts.Length * _capacity,
            isFirst ? _layer.Shape.Intermediate : _layer.Shape.Hidden);
        var tables = new CutlassTables(0, 0, counts.View.Pointer, _capacity);
        products.Bind(_weights);
        if (isFirst)
        {
            var rows = new CutlassRows(_x.Pointer, output.View.Pointer, 1);
            launcher.First(tile, products.First, tables, rows, _stream);
        }
        else
        {
            var input = products.Second(_middle.Pointer, (long)_counts.Length * _capacity);
            launcher.Second(tile, input, tables, output.View.Pointer, _stream);
        }

        return [.. MemoryMarshal.Cast<byte, ushort>(output.Bytes())];
    }

    /// <summary>One row times one expert's weights, in float64 from the same bits.</summary>
    public double[] Product(ushort[] weights, ushort[] rows, int expert, int row, int features, int size)
    {
        var result = new double[features];
        for (var feature = 0; feature < features; feature++)
        {
            var first = ((expert * features) + feature) * size;
            for (var k = 0; k < size; k++)
            {
                result[feature] += Numbers16.Value(DType.BFloat16, rows[(row * size) + k])
                    * Numbers16.Value(DType.BFloat16, weights[first + k]);
            }
        }

        return result;
    }

    public void Dispose()
    {
        _weights.Dispose();
        _tensors.ForEach(t => t.Dispose());
    }

    private TensorView Upload(ushort[] bits, params long[] shape)
    {
        var tensor = DeviceTensor.From(_stream, DType.BFloat16, bits, shape);
        _tensors.Add(tensor);
        return tensor.View;
    }
}
