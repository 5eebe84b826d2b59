namespace FusedMoe.SamplePlugin;

/// <summary>float32, bf16 and fp16 to float32 and back, round to nearest even.</summary>
internal static class Numbers
{
    /// <summary>Reads <c>target.Length</c> elements from <paramref name="offset"/> on.</summary>
    public static void Decode(TensorView source, long offset, Span<float> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = Read(source, offset + i);
        }
    }

    /// <summary>Writes elements from <paramref name="offset"/> on.</summary>
    public static void Encode(ReadOnlySpan<float> source, TensorView target, long offset)
    {
        for (var i = 0; i < source.Length; i++)
        {
            Write(target, offset + i, source[i]);
        }
    }

    /// <summary>
    /// The dot product of <paramref name="x"/> and elements from <paramref name="offset"/> on, in order.
    /// </summary>
    public static float Dot(TensorView weights, long offset, ReadOnlySpan<float> x)
    {
        var sum = 0f;
        for (var i = 0; i < x.Length; i++)
        {
            sum += Read(weights, offset + i) * x[i];
        }

        return sum;
    }

    /// <summary>The value after a trip through <paramref name="dtype"/>.</summary>
    public static float Round(float value, DType dtype) => dtype switch
    {
        DType.BFloat16 => FromBFloat16(ToBFloat16(value)),
        DType.Float16 => (float)(Half)value,
        _ => value,
    };

    private static unsafe float Read(TensorView source, long index) => source.DType switch
    {
        DType.BFloat16 => FromBFloat16(((ushort*)source.Pointer)[index]),
        DType.Float16 => (float)((Half*)source.Pointer)[index],
        _ => ((float*)source.Pointer)[index],
    };

    private static unsafe void Write(TensorView target, long index, float value)
    {
        switch (target.DType)
        {
            case DType.BFloat16:
                ((ushort*)target.Pointer)[index] = ToBFloat16(value);
                break;
            case DType.Float16:
                ((Half*)target.Pointer)[index] = (Half)value;
                break;
            default:
                ((float*)target.Pointer)[index] = value;
                break;
        }
    }

    private static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
