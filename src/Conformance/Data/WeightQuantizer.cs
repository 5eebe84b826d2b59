namespace FusedMoe.Conformance;

/// <summary>
/// Draws weights and quantizes them, expert by expert from a source of its own, so that experts are drawn side by side
/// and a large weight never exists in float32.
/// </summary>
internal static class WeightQuantizer
{
    public static QuantizedWeight Draw(
        int seed, string purpose, TensorShape shape, float deviation, QuantKey? key, DType dtype)
    {
        var (experts, rows, columns) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var element = key?.Element ?? dtype;
        var weight = Allocate(key, new HostTensor(element, shape, new byte[element.BytesFor(shape.Elements)]));
        var expertBytes = weight.Elements.Bytes.Length / Math.Max(experts, 1);
        Parallel.For(0, experts, e =>
        {
            var values = NormalSource.Of(seed, $"{purpose} {e}").Normals((long)rows * columns, deviation);
            if (key is not null)
            {
                Scale(values, weight, e);
            }

            NumberCodec.Encode(element, values, weight.Elements.Bytes.AsSpan(e * expertBytes, expertBytes));
        });
        return weight;
    }

    /// <summary>The largest magnitude of an element, relative to its zero.</summary>
    public static float MaxOf(DType element) => element switch
    {
        DType.Float8E4M3 => NumberCodec.MaxE4M3,
        DType.Float4E2M1 => NumberCodec.MaxE2M1,
        DType.UInt4 => 7f,
        _ => 127f,
    };

    /// <summary>The smallest power of two that is at least <paramref name="scale"/>.</summary>
    public static float RoundUpToPowerOfTwo(float scale)
    {
        var power = MathF.ScaleB(1f, Math.ILogB(scale));
        return power < scale ? power * 2 : power;
    }

    private static QuantizedWeight Allocate(QuantKey? key, HostTensor elements)
    {
        if (key is null)
        {
            return new QuantizedWeight(null, elements);
        }

        var (experts, rows, columns) = (elements.Shape[0], (int)elements.Shape[1], (int)elements.Shape[2]);
        var groups = new ScaleGroups(key.Scale.Group, rows, columns);
        var shape = key.Scale.Group == GroupShape.PerTensor ? new TensorShape(experts)
            : key.Scale.Group == GroupShape.PerChannel ? new TensorShape(experts, rows)
            : new TensorShape(experts, groups.GroupRows, groups.GroupColumns);
        return new QuantizedWeight(key, elements)
        {
            Scale = Empty(key.Scale.DType, shape),
            GlobalScale = key.SecondScale is null ? null : Empty(DType.Float32, new TensorShape(experts)),
            ZeroPoints = key.IsSymmetric ? null : Empty(
                DType.UInt8, new TensorShape(experts, rows / 2, groups.GroupColumns)),
        };
    }

    private static HostTensor Empty(DType dtype, TensorShape shape) =>
        new(dtype, shape, new byte[dtype.BytesFor(shape.Elements)]);

    private static void Scale(float[] values, QuantizedWeight weight, int expert)
    {
        var key = weight.Key!;
        var (rows, columns) = (weight.Rows, weight.Columns);
        var groups = new ScaleGroups(key.Scale.Group, rows, columns);
        var (low, high) = Ranges(values, groups, rows, columns);
        var scales = new float[groups.Count];
        var zeros = new float[groups.Count];
        var global = 1f;
        if (weight.GlobalScale is { } globalScale)
        {
            global = Math.Max(Math.Max(high.Max(), -low.Min()), 1e-12f) / (NumberCodec.MaxE4M3 * NumberCodec.MaxE2M1);
            NumberCodec.Encode(DType.Float32, [global], globalScale.Bytes.AsSpan(expert * 4));
        }

        for (var g = 0; g < groups.Count; g++)
        {
            scales[g] = ScaleOf(key, low[g], high[g], global);
            zeros[g] = ZeroOf(key, low[g], scales[g]);
        }

        var scaleBytes = (int)key.Scale.DType.BytesFor(groups.Count);
        NumberCodec.Encode(key.Scale.DType, scales, weight.Scale!.Bytes.AsSpan(expert * scaleBytes, scaleBytes));
        StoreZeros(weight, expert, zeros, groups.GroupColumns);
        for (var i = 0; i < values.Length; i++)
        {
            var g = groups.IndexOf(i / columns, i % columns);
            var max = MaxOf(key.Element);
            var scaled = values[i] / (scales[g] * global);
            values[i] = key.IsSymmetric ? Math.Clamp(scaled, -max, max) + zeros[g] : scaled + zeros[g];
        }
    }

    private static (float[] Low, float[] High) Ranges(float[] values, ScaleGroups groups, int rows, int columns)
    {
        var (low, high) = (new float[groups.Count], new float[groups.Count]);
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                var g = groups.IndexOf(r, c);
                low[g] = Math.Min(low[g], values[(r * columns) + c]);
                high[g] = Math.Max(high[g], values[(r * columns) + c]);
            }
        }

        return (low, high);
    }

    private static float ScaleOf(QuantKey key, float low, float high, float global)
    {
        if (!key.IsSymmetric)
        {
            return Math.Max((high - low) / 15f, 1e-12f);
        }

        var scale = Math.Max(Math.Max(high, -low), 1e-12f) / MaxOf(key.Element);
        return key.Scale.DType switch
        {
            DType.Float8E8M0 => RoundUpToPowerOfTwo(scale),
            DType.Float8E4M3 => Math.Max(NumberCodec.Round(DType.Float8E4M3, scale / global), MathF.ScaleB(1f, -9)),
            _ => scale,
        };
    }

    private static float ZeroOf(QuantKey key, float low, float scale) => key.Element switch
    {
        DType.UInt4 when !key.IsSymmetric => Math.Clamp(MathF.Round(-low / scale), 0, 15),
        DType.UInt4 => 8f,
        DType.UInt8 => 128f,
        _ => 0f,
    };

    private static void StoreZeros(QuantizedWeight weight, int expert, float[] zeros, int groupColumns)
    {
        if (weight.ZeroPoints is not { } tensor)
        {
            return;
        }

        var bytes = tensor.Bytes.AsSpan(expert * (weight.Rows / 2) * groupColumns);
        for (var g = 0; g < zeros.Length; g++)
        {
            var (row, column) = (g / groupColumns, g % groupColumns);
            bytes[((row / 2) * groupColumns) + column] |= (byte)((int)zeros[g] << (4 * (row % 2)));
        }
    }
}
