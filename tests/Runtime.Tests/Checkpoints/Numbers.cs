using System.Runtime.CompilerServices;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Decodes single elements of tensors, written from the formats' definitions and independent of the loader.
/// </summary>
internal static unsafe class Numbers
{
    private static readonly double[] E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    /// <summary>Element <paramref name="index"/> of a contiguous tensor.</summary>
    public static double At(TensorView tensor, long index)
    {
        if (!tensor.IsContiguous || (ulong)index >= (ulong)tensor.Elements)
        {
            throw new ArgumentException($"Element {index} of {tensor}");
        }

        var place = (byte*)tensor.Pointer + (index * tensor.DType.Bits() / 8);
        return tensor.DType switch
        {
            DType.Float32 => Unsafe.ReadUnaligned<float>(place),
            DType.BFloat16 => BitConverter.Int32BitsToSingle(Unsafe.ReadUnaligned<ushort>(place) << 16),
            DType.Float16 => (double)Unsafe.ReadUnaligned<Half>(place),
            DType.Float8E4M3 => E4M3(*place),
            DType.Int8 => (sbyte)*place,
            DType.UInt4 => Nibble(*place, index) - 8,
            DType.Float4E2M1 => Fp4(Nibble(*place, index)),
            DType.Float8E8M0 => Math.Pow(2, *place - 127),
            _ => throw new ArgumentException($"{tensor.DType}"),
        };
    }

    private static int Nibble(byte value, long index) => index % 2 == 0 ? value & 15 : value >> 4;

    private static double Fp4(int nibble) => (nibble >= 8 ? -1 : 1) * E2M1[nibble & 7];

    private static double E4M3(byte value)
    {
        var (sign, exponent, mantissa) = ((value & 0x80) == 0 ? 1 : -1, (value >> 3) & 15, value & 7);
        return (exponent, mantissa) switch
        {
            (15, 7) => double.NaN,
            (0, _) => sign * mantissa * Math.Pow(2, -9),
            _ => sign * (1 + (mantissa / 8.0)) * Math.Pow(2, exponent - 7),
        };
    }
}
