using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Cpu;

/// <content>Sixteen elements at a time, then the scalar form for the rest; the same bits either way.</content>
public static partial class NumberFormats
{
    private const int Lanes = 16;
    private const float TwoTo112 = 5192296858534827628530496329220096f;
    private const float TwoTo120 = 1329227995784915872903807060280344576f;

    /// <summary>float32 of bf16 encodings.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var wide = Widen(Vector256.LoadUnsafe(ref Start(source), (nuint)i));
            Vector512.ShiftLeft(wide, 16).AsSingle().StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = BFloat16ToSingle(source[i]);
        }
    }

    /// <summary>bf16 encodings of float32 values.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void SingleToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var value = Vector512.LoadUnsafe(ref Start(source), (nuint)i);
            NarrowToUInt16(ToBFloat16Bits(value)).StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = SingleToBFloat16(source[i]);
        }
    }

    /// <summary>float32 of binary16 encodings.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void Float16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var bits = Widen(Vector256.LoadUnsafe(ref Start(source), (nuint)i));
            var sign = Vector512.ShiftLeft(bits & Vector512.Create(0x8000u), 16);
            var magnitude = bits & Vector512.Create(0x7FFFu);
            var scaled = (Vector512.ShiftLeft(magnitude, 13).AsSingle() * Vector512.Create(TwoTo112)).AsUInt32();
            var top = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x7C00u));
            var quiet = Vector512.GreaterThan(magnitude, Vector512.Create(0x7C00u)) & Vector512.Create(0x0040_0000u);
            var special = Vector512.ShiftLeft(magnitude, 13) | Vector512.Create(0x7F80_0000u) | quiet;
            var result = Vector512.ConditionalSelect(top, special, scaled) | sign;
            result.AsSingle().StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = Float16ToSingle(source[i]);
        }
    }

    /// <summary>binary16 encodings of float32 values.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void SingleToFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var value = Vector512.LoadUnsafe(ref Start(source), (nuint)i);
            NarrowToUInt16(ToFloat16Bits(value)).StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = SingleToFloat16(source[i]);
        }
    }

    /// <summary>float32 of e4m3 encodings.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void E4M3ToSingle(ReadOnlySpan<byte> source, Span<float> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var bits = Widen(Vector128.LoadUnsafe(ref Start(source), (nuint)i));
            var magnitude = bits & Vector512.Create(0x7Fu);
            var scaled = (Vector512.ShiftLeft(magnitude, 20).AsSingle() * Vector512.Create(TwoTo120)).AsUInt32();
            var nan = Vector512.Equals(magnitude, Vector512.Create(0x7Fu)) & Vector512.Create(0x7FC0_0000u);
            var sign = Vector512.ShiftLeft(bits & Vector512.Create(0x80u), 24);
            (scaled | nan | sign).AsSingle().StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = E4M3Table[source[i]];
        }
    }

    /// <summary>e4m3 encodings of float32 values, saturating.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void SingleToE4M3(ReadOnlySpan<float> source, Span<byte> destination) =>
        Encode(MiniFloat.E4M3, source, destination);

    /// <summary>e5m2 encodings of float32 values, saturating.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void SingleToE5M2(ReadOnlySpan<float> source, Span<byte> destination) =>
        Encode(MiniFloat.E5M2, source, destination);

    /// <summary>Nearest int8 of float32 values, ties to even, clamped to [-128, 127]; NaN becomes 0.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static void SingleToInt8(ReadOnlySpan<float> source, Span<sbyte> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var value = Vector512.LoadUnsafe(ref Start(source), (nuint)i);
            value = Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512<float>.Zero);
            value = Vector512.Min(Vector512.Max(value, Vector512.Create(-128f)), Vector512.Create(127f));
            var rounded = Vector512.ConvertToInt32(Vector512.Round(value, MidpointRounding.ToEven));
            NarrowToByte(rounded.AsUInt32()).AsSByte().StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = SingleToInt8(source[i]);
        }
    }

    /// <summary>
    /// e2m1 encodings of float32 values, two a byte, the even element low; an odd last element has a zero beside it.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is shorter than half the source.</exception>
    public static void SingleToE2M1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Check((source.Length + 1) / 2, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var value = Vector512.LoadUnsafe(ref Start(source), (nuint)i);
            var codes = NarrowToByte(MiniFloat.E2M1.Encode(value)).AsUInt16();
            var pairs = (codes | Vector128.ShiftRightLogical(codes, 4)) & Vector128.Create((ushort)0xFF);
            Vector128.Narrow(pairs, pairs).GetLower().StoreUnsafe(ref Start(destination), (nuint)(i / 2));
        }

        for (; i < source.Length; i += 2)
        {
            var high = i + 1 < source.Length ? SingleToE2M1(source[i + 1]) : 0;
            destination[i / 2] = (byte)(SingleToE2M1(source[i]) | (high << 4));
        }
    }

    private static void Encode(MiniFloat format, ReadOnlySpan<float> source, Span<byte> destination)
    {
        Check(source.Length, destination.Length);
        var i = 0;
        for (; i <= source.Length - Lanes; i += Lanes)
        {
            var encoded = format.Encode(Vector512.LoadUnsafe(ref Start(source), (nuint)i));
            NarrowToByte(encoded).StoreUnsafe(ref Start(destination), (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = (byte)format.Encode(source[i]);
        }
    }

    private static Vector512<uint> ToBFloat16Bits(Vector512<float> value)
    {
        var bits = value.AsUInt32();
        var high = Vector512.ShiftRightLogical(bits, 16);
        var rounded = Vector512.ShiftRightLogical(bits + Vector512.Create(0x7FFFu) + (high & Vector512<uint>.One), 16);
        var isNumber = Vector512.Equals(value, value).AsUInt32();
        return Vector512.ConditionalSelect(isNumber, rounded, high | Vector512.Create(0x40u));
    }

    private static Vector512<uint> ToFloat16Bits(Vector512<float> value)
    {
        var sign = Vector512.ShiftRightLogical(value.AsUInt32() & Vector512.Create(0x8000_0000), 16);
        var magnitude = Vector512.Abs(value);
        var bits = magnitude.AsUInt32();
        var half = Vector512.Create(0.5f);
        var small = (magnitude + half).AsUInt32() - half.AsUInt32();
        var odd = Vector512.ShiftRightLogical(bits, 13) & Vector512<uint>.One;
        var rounded = Vector512.ShiftRightLogical(bits + Vector512.Create(0xFFFu) + odd, 13);
        var large = rounded - Vector512.Create(112u << 10);
        var result = Vector512.ConditionalSelect(
            Vector512.LessThan(bits, Vector512.Create(113u << 23)), small, large);
        result = Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(bits, Vector512.Create(0x477F_F000u)), Vector512.Create(0x7C00u), result);
        var nan = (Vector512.ShiftRightLogical(bits, 13) & Vector512.Create(0x3FFu)) | Vector512.Create(0x7E00u);
        result = Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), result, nan);
        return result | sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(Vector256<ushort> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512UInt32(value)
        : Vector512.Create(Vector256.WidenLower(value), Vector256.WidenUpper(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(Vector128<byte> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512UInt32(value)
        : Widen(Vector256.Create(Vector128.WidenLower(value), Vector128.WidenUpper(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> NarrowToUInt16(Vector512<uint> value) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector256UInt16(value)
        : Vector256.Narrow(value.GetLower(), value.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> NarrowToByte(Vector512<uint> value)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector128Byte(value);
        }

        var halves = Vector256.Narrow(value.GetLower(), value.GetUpper());
        return Vector128.Narrow(halves.GetLower(), halves.GetUpper());
    }
}
