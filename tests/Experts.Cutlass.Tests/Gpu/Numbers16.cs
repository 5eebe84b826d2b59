namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Random numbers of a 16-bit type as its bits, and bits as numbers.</summary>
internal static class Numbers16
{
    public static ushort[] Random(Random random, DType dtype, long count, double scale)
    {
        var bits = new ushort[count];
        for (var i = 0; i < bits.Length; i++)
        {
            var value = (float)(((random.NextDouble() * 2) - 1) * scale);
            bits[i] = dtype == DType.BFloat16
                ? (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)
                : BitConverter.HalfToUInt16Bits((Half)value);
        }

        return bits;
    }

    public static double Value(DType dtype, ushort bits) => dtype == DType.BFloat16
        ? BitConverter.UInt32BitsToSingle((uint)bits << 16)
        : (double)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>Half a unit in the last place of a value near 1.</summary>
    public static double Rounding(DType dtype) => dtype == DType.BFloat16 ? 1.0 / 256 : 1.0 / 2048;
}
