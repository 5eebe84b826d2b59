using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Quantizes hidden states the plain way, one group after another.</summary>
internal static class QuantizedInput
{
    public static (TensorView States, TensorView Scales) Create(
        HostTensors tensors, float[] values, int rows, QuantKey key, float given)
    {
        var columns = values.Length / rows;
        var group = key.Scale.Group;
        var width = group.Columns < 0 ? columns : group.Columns;
        var across = (columns + width - 1) / width;
        var scales = new float[group.Rows < 0 ? 1 : rows * across];
        for (var s = 0; s < scales.Length; s++)
        {
            var block = group.Rows < 0 ? values : Block(values, s / across, s % across * width, columns,
                width).ToArray();
            scales[s] = key.Scale.IsStatic ? given : Scale(block.Max(MathF.Abs), key, given);
        }

        var second = key.SecondScale is null ? 1f : given;
        var states = tensors.From(key.Element, new(rows, columns), i =>
            values[i] / (scales[group.Rows < 0 ? 0 : (i / columns * across) + (i % columns / width)] * second));
        var shape = group.Rows < 0 ? new TensorShape(1, 1) : new TensorShape(rows, across);
        var stored = key.Scale.DType == DType.Float8E8M0
            ? tensors.Bytes(DType.Float8E8M0, shape, i => NumberFormats.SingleToE8M0RoundUp(scales[i]))
            : tensors.From(key.Scale.DType, shape, i => scales[i]);
        return (states, stored);
    }

    private static Span<float> Block(float[] values, int row, int column, int columns, int width) =>
        values.AsSpan((row * columns) + column, Math.Min(width, columns - column));

    private static float Scale(float amax, QuantKey key, float second)
    {
        var max = key.Element switch { DType.Float8E4M3 => 448f, DType.Float4E2M1 => 6f, _ => 127f };
        var scale = MathF.Max(amax, 1e-12f) / max;
        return key.Scale.DType switch
        {
            DType.Float8E8M0 => NumberFormats.E8M0ToSingle(NumberFormats.SingleToE8M0RoundUp(scale)),
            DType.Float8E4M3 => NumberFormats.E4M3ToSingle(NumberFormats.SingleToE4M3(scale / second)),
            _ => scale,
        };
    }
}
