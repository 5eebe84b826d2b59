using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FusedMoe.Conformance;

/// <summary>
/// Element types to and from float32, rounding to nearest even. Written for reading, not for speed, and independent of
/// every plugin: small formats go through a table of all their values.
/// </summary>
internal static class NumberCodec
{
    /// <summary>Largest finite e4m3 value.</summary>
    public const float MaxE4M3 = 448f;

    /// <summary>Largest e2m1 value.</summary>
    public const float MaxE2M1 = 6f;

    private static readonly float[] E4M3Values = [.. Enumerable.Range(0, 127).Select(i => SmallFloat(i, 3, 7))];
    private static readonly float[] E2M1Values = [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f];

    public static float Round(DType dtype, float value)
    {
        Span<byte> bytes = stackalloc byte[8];
        Span<float> one = [value];
        Encode(dtype, one, bytes);
        Decode(dtype, bytes, 0, one);
        return one[0];
    }

    /// <summary>Writes <paramref name="values"/>; packed types start at an even element.</summary>
    public static void Encode(DType dtype, ReadOnlySpan<float> values, Span<byte> bytes)
    {
        if (dtype == DType.Float32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
            return;
        }

        if (dtype == DType.BFloat16)
        {
            var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
            for (var i = 0; i < values.Length; i++)
            {
                halves[i] = ToBFloat16(values[i]);
            }

            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            EncodeOne(dtype, values[i], bytes, i);
        }
    }

    /// <summary>Reads elements from element <paramref name="start"/> on.</summary>
    public static void Decode(DType dtype, ReadOnlySpan<byte> bytes, long start, Span<float> values)
    {
        if (dtype == DType.Float32)
        {
            MemoryMarshal.Cast<byte, float>(bytes).Slice((int)start, values.Length).CopyTo(values);
            return;
        }

        if (dtype == DType.BFloat16)
        {
            var halves = MemoryMarshal.Cast<byte, ushort>(bytes)[(int)start..];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = BitConverter.Int32BitsToSingle(halves[i] << 16);
            }

            return;
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] = DecodeOne(dtype, bytes, (int)start + i);
        }
    }

    private static void EncodeOne(DType dtype, float value, Span<byte> bytes, int i)
    {
        switch (dtype)
        {
            case DType.Float16:
                BinaryPrimitives.WriteHalfLittleEndian(bytes[(2 * i)..], (Half)value);
                break;
            case DType.Float8E4M3:
                bytes[i] = float.IsNaN(value) ? (byte)0x7F : Nearest(E4M3Values, value, 0x80);
                break;
            case DType.Float4E2M1:
                Pack(bytes, i, Nearest(E2M1Values, value, 0x8));
                break;
            case DType.UInt4:
                Pack(bytes, i, (byte)Math.Clamp(MathF.Round(value), 0, 15));
                break;
            case DType.Int8:
                bytes[i] = unchecked((byte)(sbyte)Math.Clamp(MathF.Round(value), -128, 127));
                break;
            case DType.UInt8:
                bytes[i] = (byte)Math.Clamp(MathF.Round(value), 0, 255);
                break;
            case DType.Float8E8M0:
                bytes[i] = (byte)Math.Clamp((int)MathF.Log2(value) + 127, 0, 254);
                break;
            default:
                throw new ArgumentOutOfRangeException(
                    nameof(dtype), dtype, "The conformance data has no such element type.");
        }
    }

    private static float DecodeOne(DType dtype, ReadOnlySpan<byte> bytes, int i) => dtype switch
    {
        DType.Float16 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
        DType.Float8E4M3 => (bytes[i] & 0x7F) == 0x7F ? float.NaN : Signed(
            E4M3Values[bytes[i] & 0x7F], bytes[i] & 0x80),
        DType.Float4E2M1 => Signed(E2M1Values[Unpack(bytes, i) & 7], Unpack(bytes, i) & 8),
        DType.UInt4 => Unpack(bytes, i),
        DType.Int8 => unchecked((sbyte)bytes[i]),
        DType.UInt8 => bytes[i],
        DType.Float8E8M0 => bytes[i] == 255 ? float.NaN : MathF.ScaleB(1f, bytes[i] - 127),
        _ => throw new ArgumentOutOfRangeException(
            nameof(dtype), dtype, "The conformance data has no such element type."),
    };

    private static float Signed(float magnitude, int sign) => sign != 0 ? -magnitude : magnitude;

    private static int Unpack(ReadOnlySpan<byte> bytes, int i) => (bytes[i / 2] >> (4 * (i % 2))) & 0xF;

    private static void Pack(Span<byte> bytes, int i, byte nibble)
    {
        var shift = 4 * (i % 2);
        bytes[i / 2] = (byte)((bytes[i / 2] & ~(0xF << shift)) | (nibble << shift));
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static float SmallFloat(int code, int mantissaBits, int bias)
    {
        var exponent = code >> mantissaBits;
        var mantissa = (code & ((1 << mantissaBits) - 1)) / (float)(1 << mantissaBits);
        return exponent == 0 ? MathF.ScaleB(mantissa, 1 - bias) : MathF.ScaleB(1 + mantissa, exponent - bias);
    }

    /// <summary>
    /// The code of the nearest value, ties to the even code, saturating; values ascend with their codes.
    /// </summary>
    private static byte Nearest(float[] values, float value, int signBit)
    {
        var magnitude = Math.Abs(value);
        var above = Array.BinarySearch(values, magnitude);
        if (above < 0)
        {
            above = ~above;
            if (above == values.Length)
            {
                above--;
            }
            else
            {
                var toBelow = magnitude - values[above - 1];
                var toAbove = values[above] - magnitude;
                above -= toBelow < toAbove || (toBelow == toAbove && above % 2 == 1) ? 1 : 0;
            }
        }

        return (byte)(above | (float.IsNegative(value) ? signBit : 0));
    }
}
