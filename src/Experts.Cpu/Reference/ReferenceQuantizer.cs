using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Reference;

/// <summary>
/// Quantizes and dequantizes in place, as <see cref="IActivationQuantizer"/> defines: amax over the group, at least
/// 1e-12; scale = amax / max; element = input / scale, clamped, rounded to nearest even. The scale itself is a float32,
/// so that the rounding agrees with a device.
/// </summary>
internal static class ReferenceQuantizer
{
    /// <summary>
    /// Quantizes <paramref name="rows"/>, each of <paramref name="width"/> columns, and turns them back.
    /// </summary>
    public static void RoundTrip(Span<double> rows, int width, QuantKey key, float staticScale)
    {
        var group = key.Scale.Group;
        var size = group.Rows < 0 ? rows.Length : group.Columns < 0 ? width : group.Columns;
        for (var start = 0; start < rows.Length; start += width)
        {
            var end = group.Rows < 0 ? rows.Length : start + width;
            for (var i = start; i < end; i += size)
            {
                var block = rows[i..Math.Min(i + size, end)];
                var scale = key.Scale.IsStatic ? staticScale : Scale(Amax(block), key, staticScale);
                foreach (ref var value in block)
                {
                    value = Element((float)((float)value / scale), key.Element) * (double)scale;
                }
            }

            if (group.Rows < 0)
            {
                return;
            }
        }
    }

    private static float Amax(ReadOnlySpan<double> block)
    {
        var amax = 1e-12f;
        foreach (var value in block)
        {
            amax = Math.Abs((float)value) > amax ? Math.Abs((float)value) : amax;
        }

        return amax;
    }

    private static float Scale(float amax, QuantKey key, float secondScale)
    {
        var scale = amax / Max(key.Element);
        return key.Scale.DType switch
        {
            DType.Float8E8M0 => NumberFormats.E8M0ToSingle(NumberFormats.SingleToE8M0RoundUp(scale)),
            DType.Float8E4M3 =>
                NumberFormats.E4M3ToSingle(NumberFormats.SingleToE4M3(scale / secondScale)) * secondScale,
            _ => scale,
        };
    }

    private static float Max(DType element) => element switch
    {
        DType.Float8E4M3 => NumberFormats.E4M3Max,
        DType.Float4E2M1 => NumberFormats.E2M1Max,
        _ => 127f,
    };

    private static double Element(float value, DType element) => element switch
    {
        DType.Float8E4M3 => NumberFormats.E4M3ToSingle(NumberFormats.SingleToE4M3(value)),
        DType.Float4E2M1 => NumberFormats.E2M1ToSingle(NumberFormats.SingleToE2M1(value)),
        _ => NumberFormats.SingleToInt8(value),
    };
}
