using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>The experts of one rank, as plain loops over what prepare gave.</summary>
internal sealed unsafe class ToyExperts(DispatchCase layer, int[] map) : IDisposable
{
    private readonly List<AlignedMemory> _outputs = [];

    /// <summary>Runs the experts and returns their output; block rows that hold nothing become NaN.</summary>
    public TensorView Apply(in PreparedInputs inputs) =>
        layer.Format == ActivationFormat.Batched ? Batched(inputs) : Standard(inputs);

    public void Dispose() => _outputs.ForEach(o => o.Dispose());

    private TensorView Standard(in PreparedInputs inputs)
    {
        var rows = (int)inputs.Activations.Shape[0];
        var leavesAll = layer.Leaves.Kind == WeightAndReduceKind.Contiguous;
        var width = leavesAll ? layer.TopK : 1;
        var type = leavesAll ? DType.Float32 : layer.DType;
        var values = new float[rows * width * layer.Hidden];
        var sums = new double[layer.Hidden];
        for (var m = 0; m < rows; m++)
        {
            Array.Clear(sums);
            var input = Row(inputs, m);
            for (var j = 0; j < layer.TopK; j++)
            {
                var pair = (m * layer.TopK) + j;
                var id = ((int*)inputs.TopKIds.Pointer)[pair];
                var isLocal = id >= 0 && id < layer.Experts && map[id] >= 0;
                var weight = layer.RouterWeightOnInput ? 1 : ((float*)inputs.TopKWeights.Pointer)[pair];
                for (var c = 0; c < layer.Hidden; c++)
                {
                    var value = isLocal ? ToyTokens.Expert(id, input, c) : 0;
                    sums[c] += weight * value;
                    if (leavesAll)
                    {
                        values[(pair * layer.Hidden) + c] = isLocal ? (float)value : float.NaN;
                    }
                }
            }

            for (var c = 0; c < layer.Hidden && !leavesAll; c++)
            {
                values[(m * layer.Hidden) + c] = (float)sums[c];
            }
        }

        return Keep(values, type, leavesAll ? new TensorShape(rows, width, layer.Hidden) : new TensorShape(rows, layer.Hidden));
    }

    private TensorView Batched(in PreparedInputs inputs)
    {
        var shape = inputs.Activations.Shape;
        var values = new float[shape.Elements];
        Array.Fill(values, float.NaN);
        var counts = inputs.ExpertTokens.HostCounts.AsSpan<int>();
        for (var e = 0; e < shape[0]; e++)
        {
            var expert = Array.IndexOf(map, e);
            for (var row = 0; row < counts[e]; row++)
            {
                var block = (int)((e * shape[1]) + row);
                var input = Row(inputs, block);
                for (var c = 0; c < layer.Hidden; c++)
                {
                    values[(block * layer.Hidden) + c] = (float)ToyTokens.Expert(expert, input, c);
                }
            }
        }

        return Keep(values, layer.DType, shape);
    }

    private double[] Row(in PreparedInputs inputs, int row)
    {
        var values = new float[layer.Hidden];
        NumberFormats.ToSingle(inputs.Activations.Pointer, inputs.Activations.DType, (long)row * layer.Hidden, values);
        var isOneForAll = inputs.Scales.Elements == 1 && layer.Quant == QuantKeys.Int8DynamicTensor;
        var scale = inputs.Scales.IsNone ? 1 : ((float*)inputs.Scales.Pointer)[isOneForAll ? 0 : row];
        return [.. values.Select(v => (double)v * scale)];
    }

    private TensorView Keep(float[] values, DType dtype, TensorShape shape)
    {
        var memory = new AlignedMemory(dtype.BytesFor(values.Length));
        _outputs.Add(memory);
        NumberFormats.FromSingle(values, dtype, memory.Pointer, 0);
        return TensorView.Contiguous(memory.Pointer, dtype, shape, DeviceId.Cpu);
    }
}
