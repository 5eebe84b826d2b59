using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu.Reference;

/// <summary>One element of any type as float64, and the one rounding of an activation.</summary>
internal static unsafe class ReferenceNumbers
{
    /// <summary>Element <paramref name="index"/> of dense memory.</summary>
    public static double Read(nint pointer, DType dtype, long index)
    {
        var bytes = (byte*)pointer;
        var nibble = dtype.IsPacked() ? (bytes[index >> 1] >> (int)((index & 1) * 4)) & 15 : 0;
        return dtype switch
        {
            DType.Float32 => ((float*)pointer)[index],
            DType.BFloat16 => NumberFormats.BFloat16ToSingle(((ushort*)pointer)[index]),
            DType.Float16 => NumberFormats.Float16ToSingle(((ushort*)pointer)[index]),
            DType.Float8E4M3 => NumberFormats.E4M3ToSingle(bytes[index]),
            DType.Float8E5M2 => NumberFormats.E5M2ToSingle(bytes[index]),
            DType.Float8E8M0 => NumberFormats.E8M0ToSingle(bytes[index]),
            DType.Int8 => ((sbyte*)pointer)[index],
            DType.UInt8 => bytes[index],
            DType.Int32 => ((int*)pointer)[index],
            DType.Int4 => NumberFormats.Int4ToInt32(nibble),
            DType.UInt4 => nibble,
            DType.Float4E2M1 => NumberFormats.E2M1ToSingle(nibble),
            _ => throw new ArgumentException($"Tensor type must hold numbers, got {dtype.Name()}.", nameof(dtype)),
        };
    }

    /// <summary>The value after one rounding to an activation type.</summary>
    public static double Round(double value, DType dtype) => dtype switch
    {
        DType.BFloat16 => NumberFormats.BFloat16ToSingle(NumberFormats.SingleToBFloat16((float)value)),
        DType.Float16 => (double)(Half)value,
        _ => (float)value,
    };
}
