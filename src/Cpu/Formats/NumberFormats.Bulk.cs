using System.Runtime.InteropServices;

namespace FusedMoe.Cpu;

/// <content>Runs of elements.</content>
public static unsafe partial class NumberFormats
{
    /// <summary>
    /// Reads <paramref name="destination"/>.Length elements of <paramref name="dtype"/> as float32. Exact; integers
    /// above 2^24 are rounded. uint4 and uint8 are read as stored, without their implied zero.
    /// </summary>
    /// <param name="source">Address of element 0.</param>
    /// <param name="dtype">Any type but int64.</param>
    /// <param name="offset">First element to read; may be odd for packed types.</param>
    /// <param name="destination">Written.</param>
    /// <exception cref="ArgumentException">The type is int64.</exception>
    public static void ToSingle(nint source, DType dtype, long offset, Span<float> destination)
    {
        var n = destination.Length;
        var bytes = (byte*)source + (dtype.IsPacked() ? 0 : offset * dtype.Bits() / 8);
        switch (dtype)
        {
            case DType.Float32:
                new ReadOnlySpan<float>(bytes, n).CopyTo(destination);
                break;
            case DType.BFloat16:
                BFloat16ToSingle(new ReadOnlySpan<ushort>(bytes, n), destination);
                break;
            case DType.Float16:
                Float16ToSingle(new ReadOnlySpan<ushort>(bytes, n), destination);
                break;
            case DType.Float8E4M3:
                E4M3ToSingle(new ReadOnlySpan<byte>(bytes, n), destination);
                break;
            case DType.Float8E5M2:
                Map(new ReadOnlySpan<byte>(bytes, n), E5M2Table, destination);
                break;
            case DType.Float4E2M1 or DType.Int4 or DType.UInt4:
                NibblesToSingle(bytes, dtype, offset, destination);
                break;
            default:
                IntegersToSingle(bytes, dtype, destination);
                break;
        }
    }

    /// <summary>Writes float32 values as <paramref name="dtype"/>, rounding as the class says.</summary>
    /// <param name="source">Values.</param>
    /// <param name="dtype">float32, bf16, fp16, fp8, int8 or fp4-e2m1.</param>
    /// <param name="destination">Address of element 0.</param>
    /// <param name="offset">First element to write; even for packed types.</param>
    /// <exception cref="ArgumentException">The type is another, or a packed run starts inside a byte.</exception>
    public static void FromSingle(ReadOnlySpan<float> source, DType dtype, nint destination, long offset)
    {
        if (dtype.IsPacked() && (offset & 1) != 0)
        {
            throw new ArgumentException($"A run of {dtype.Name()} must start on a whole byte, got element {offset}.");
        }

        var n = source.Length;
        var bytes = (byte*)destination + (offset * dtype.Bits() / 8);
        switch (dtype)
        {
            case DType.Float32:
                source.CopyTo(new Span<float>(bytes, n));
                break;
            case DType.BFloat16:
                SingleToBFloat16(source, new Span<ushort>(bytes, n));
                break;
            case DType.Float16:
                SingleToFloat16(source, new Span<ushort>(bytes, n));
                break;
            case DType.Float8E4M3:
                SingleToE4M3(source, new Span<byte>(bytes, n));
                break;
            case DType.Float8E5M2:
                SingleToE5M2(source, new Span<byte>(bytes, n));
                break;
            case DType.Int8:
                SingleToInt8(source, new Span<sbyte>(bytes, n));
                break;
            case DType.Float4E2M1:
                SingleToE2M1(source, new Span<byte>(bytes, (n + 1) / 2));
                break;
            default:
                throw new ArgumentException($"float32 values cannot be written as {dtype.Name()}.", nameof(dtype));
        }
    }

    private static void NibblesToSingle(byte* source, DType dtype, long offset, Span<float> destination)
    {
        var done = offset % 2 == 0 ? WholeNibblesToSingle(source + (offset / 2), dtype, destination) : 0;
        for (var i = done; i < destination.Length; i++)
        {
            var element = offset + i;
            var nibble = (source[element >> 1] >> (int)((element & 1) * 4)) & 0xF;
            destination[i] = dtype switch
            {
                DType.Float4E2M1 => E2M1ToSingle(nibble),
                DType.Int4 => Int4ToInt32(nibble),
                _ => nibble,
            };
        }
    }

    private static void IntegersToSingle(byte* source, DType dtype, Span<float> destination)
    {
        var done = dtype is DType.Int8 or DType.UInt8 ? BytesToSingle(source, dtype == DType.Int8, destination) : 0;
        for (var i = done; i < destination.Length; i++)
        {
            destination[i] = dtype switch
            {
                DType.Int8 => (sbyte)source[i],
                DType.UInt8 => source[i],
                DType.Int32 => ((int*)source)[i],
                DType.Float8E8M0 => E8M0ToSingle(source[i]),
                _ => throw new ArgumentException($"{dtype.Name()} values cannot be read as float32.", nameof(dtype)),
            };
        }
    }

    private static void Map(ReadOnlySpan<byte> source, float[] table, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = table[source[i]];
        }
    }

    private static void Check(int source, int destination)
    {
        if (source > destination)
        {
            throw new ArgumentException($"The destination must hold {source} elements, got {destination}.");
        }
    }

    private static ref T Start<T>(Span<T> span) => ref MemoryMarshal.GetReference(span);

    private static ref T Start<T>(ReadOnlySpan<T> span) => ref MemoryMarshal.GetReference(span);
}
