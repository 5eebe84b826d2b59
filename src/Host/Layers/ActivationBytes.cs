using System.Runtime.InteropServices;

namespace FusedMoe.Host.Layers;

/// <summary>Activations between bytes of their type and float32.</summary>
internal static class ActivationBytes
{
    /// <summary>Decodes float32, bf16 or fp16.</summary>
    public static float[] ToFloat(ReadOnlySpan<byte> bytes, DType dtype)
    {
        switch (dtype)
        {
            case DType.Float32:
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
            case DType.BFloat16:
                return Map(MemoryMarshal.Cast<byte, ushort>(bytes), b => BitConverter.UInt32BitsToSingle((uint)b << 16));
            case DType.Float16:
                return Map(MemoryMarshal.Cast<byte, ushort>(bytes), b => (float)BitConverter.UInt16BitsToHalf(b));
            default:
                throw new ArgumentException($"Activations must be float32, bf16 or fp16, got {dtype.Name()}.", nameof(dtype));
        }
    }

    /// <summary>Encodes float32 as float32, bf16 or fp16, rounding to nearest even.</summary>
    public static byte[] FromFloat(ReadOnlySpan<float> values, DType dtype)
    {
        if (dtype == DType.Float32)
        {
            return MemoryMarshal.AsBytes(values).ToArray();
        }

        if (dtype is not (DType.BFloat16 or DType.Float16))
        {
            throw new ArgumentException($"Activations must be float32, bf16 or fp16, got {dtype.Name()}.", nameof(dtype));
        }

        var words = new ushort[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            words[i] = dtype == DType.BFloat16
                ? RandomTensors.RoundToBFloat16(values[i])
                : BitConverter.HalfToUInt16Bits((Half)values[i]);
        }

        return MemoryMarshal.AsBytes<ushort>(words).ToArray();
    }

    private static float[] Map(ReadOnlySpan<ushort> source, Func<ushort, float> decode)
    {
        var result = new float[source.Length];
        for (var i = 0; i < source.Length; i++)
        {
            result[i] = decode(source[i]);
        }

        return result;
    }
}
