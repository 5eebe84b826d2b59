namespace FusedMoe.Conformance;

/// <summary>
/// Activation quantization: amax over the group, at least 1e-12; scale = amax / max; element = value / scale, clamped,
/// rounded to nearest even. Float32 like the contract; the values that come back are element · scale.
/// </summary>
internal static class ReferenceQuantizer
{
    public static QuantizedRows Quantize(float[] input, int rows, int columns, QuantKey key, float[]? staticScale)
    {
        var groups = new ScaleGroups(key.Scale.Group, rows, columns);
        var global = key.SecondScale is null ? 1f : staticScale![0];
        float[] scales = key.Scale.IsStatic
            ? [.. Enumerable.Range(0, groups.Count).Select(g => staticScale![Math.Min(g, staticScale.Length - 1)])]
            : Computed(input, columns, key, groups, global);
        var max = WeightQuantizer.MaxOf(key.Element);
        var min = key.Element == DType.Int8 ? -128f : -max;
        var elements = new float[input.Length];
        for (var i = 0; i < input.Length; i++)
        {
            var scaled = input[i] / (scales[groups.IndexOf(i / columns, i % columns)] * global);
            elements[i] = float.IsNaN(scaled) ? scaled : Math.Clamp(scaled, min, max);
        }

        var stored = HostTensor.FromFloats(key.Element, new TensorShape(rows, columns), elements);
        var values = stored.ToFloats();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] *= scales[groups.IndexOf(i / columns, i % columns)] * global;
        }

        var shape = new TensorShape(groups.GroupRows, groups.GroupColumns);
        return new QuantizedRows(stored, HostTensor.FromFloats(key.Scale.DType, shape, scales), values);
    }

    private static float[] Computed(float[] input, int columns, QuantKey key, ScaleGroups groups, float global)
    {
        var scales = new float[groups.Count];
        for (var i = 0; i < input.Length; i++)
        {
            var g = groups.IndexOf(i / columns, i % columns);
            scales[g] = Math.Max(scales[g], Math.Abs(input[i]));
        }

        for (var g = 0; g < scales.Length; g++)
        {
            var scale = Math.Max(scales[g], 1e-12f) / WeightQuantizer.MaxOf(key.Element);
            scales[g] = key.Scale.DType switch
            {
                DType.Float8E8M0 => WeightQuantizer.RoundUpToPowerOfTwo(scale),
                DType.Float8E4M3 => Math.Max(NumberCodec.Round(DType.Float8E4M3, scale / global), MathF.ScaleB(1f, -9)),
                _ => scale,
            };
        }

        return scales;
    }
}
