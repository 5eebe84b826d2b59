using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FusedMoe.Cpu;

/// <content>Runs of bytes and nibbles, sixteen elements at a time.</content>
public static unsafe partial class NumberFormats
{
    // Upper halves of the float32 values of the sixteen e2m1 encodings, low and high byte.
    private static readonly Vector128<byte> E2M1Low =
        Vector128.Create(0, 0, 0x80, 0xC0, 0, 0x40, 0x80, 0xC0, 0, 0, 0x80, 0xC0, 0, 0x40, 0x80, (byte)0xC0);

    private static readonly Vector128<byte> E2M1High = Vector128.Create(
        0, 0x3F, 0x3F, 0x3F, 0x40, 0x40, 0x40, 0x40, 0x80, 0xBF, 0xBF, 0xBF, 0xC0, 0xC0, 0xC0, (byte)0xC0);

    private static int BytesToSingle(byte* source, bool isSigned, Span<float> destination)
    {
        var (flip, zero) = isSigned ? ((byte)0x80, 128) : ((byte)0, 0);
        var i = 0;
        for (; i <= destination.Length - Lanes; i += Lanes)
        {
            var wide = Widen(Vector128.Load(source + i) ^ Vector128.Create(flip)).AsInt32() - Vector512.Create(zero);
            Vector512.ConvertToSingle(wide).StoreUnsafe(ref Start(destination), (nuint)i);
        }

        return i;
    }

    // From a whole byte; returns how many elements were written.
    private static int WholeNibblesToSingle(byte* source, DType dtype, Span<float> destination)
    {
        var i = 0;
        for (; Ssse3.IsSupported && i <= destination.Length - Lanes; i += Lanes)
        {
            var packed = Sse2.LoadScalarVector128((ulong*)(source + (i / 2))).AsByte();
            var even = packed & Vector128.Create((byte)0xF);
            var odd = Vector128.ShiftRightLogical(packed, 4);
            Expand(Sse2.UnpackLow(even, odd), dtype).StoreUnsafe(ref Start(destination), (nuint)i);
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Expand(Vector128<byte> nibbles, DType dtype)
    {
        if (dtype == DType.Float4E2M1)
        {
            var low = Widen(Ssse3.Shuffle(E2M1Low, nibbles));
            var high = Widen(Ssse3.Shuffle(E2M1High, nibbles));
            return (Vector512.ShiftLeft(high, 24) | Vector512.ShiftLeft(low, 16)).AsSingle();
        }

        var (flip, zero) = dtype == DType.Int4 ? ((byte)8, 8) : ((byte)0, 0);
        var wide = Widen(nibbles ^ Vector128.Create(flip)).AsInt32() - Vector512.Create(zero);
        return Vector512.ConvertToSingle(wide);
    }
}
