using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FusedMoe.Cpu;

/// <summary>
/// Rounds float32 to a shorter binary format with gradual underflow, to nearest, ties to even, on integer operations.
/// Normal results are rounded in the float32 encoding and rebiased; smaller ones by adding a power of two whose unit
/// in the last place is the format's smallest step, so that the adder does the rounding.
/// </summary>
/// <param name="MantissaBits">Stored mantissa bits of the format.</param>
/// <param name="Bias">Exponent bias of the format.</param>
/// <param name="Max">Largest finite value; larger magnitudes, infinities included, become it.</param>
/// <param name="NaN">Encoding of NaN without the sign.</param>
/// <param name="Sign">Where float32's sign bit moves: right shift.</param>
internal readonly record struct MiniFloat(int MantissaBits, int Bias, float Max, uint NaN, int Sign)
{
    public static MiniFloat E4M3 => new(3, 7, 448f, 0x7F, 24);

    public static MiniFloat E5M2 => new(2, 15, 57344f, 0x7F, 24);

    // E2M1 has no NaN; the largest value stands for it, as in the CUDA conversion.
    public static MiniFloat E2M1 => new(1, 1, 6f, 0x7, 28);

    private int Drop => 23 - MantissaBits;

    private uint Rebias => (uint)(127 - Bias) << MantissaBits;

    private float SmallestNormal => BitConverter.UInt32BitsToSingle((uint)(128 - Bias) << 23);

    // 2^23 times the smallest step 2^(1 - Bias - MantissaBits).
    private float Magic => BitConverter.UInt32BitsToSingle((uint)(127 + 24 - Bias - MantissaBits) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Encode(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        var sign = (bits & 0x8000_0000) >> Sign;
        if (float.IsNaN(value))
        {
            return NaN | sign;
        }

        var magnitude = MathF.Min(MathF.Abs(value), Max);
        if (magnitude < SmallestNormal)
        {
            return (BitConverter.SingleToUInt32Bits(magnitude + Magic) - BitConverter.SingleToUInt32Bits(Magic)) | sign;
        }

        bits = BitConverter.SingleToUInt32Bits(magnitude);
        var rounded = (bits + (1u << (Drop - 1)) - 1 + ((bits >> Drop) & 1)) >> Drop;
        return (rounded - Rebias) | sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<uint> Encode(Vector512<float> value)
    {
        var sign = Vector512.ShiftRightLogical(value.AsUInt32() & Vector512.Create(0x8000_0000), Sign);
        var isNumber = Vector512.Equals(value, value).AsUInt32();
        var magnitude = Vector512.ConditionalSelect(
            isNumber.AsSingle(), Vector512.Min(Vector512.Abs(value), Vector512.Create(Max)), Vector512<float>.Zero);
        var magic = Vector512.Create(Magic);
        var small = (magnitude + magic).AsUInt32() - magic.AsUInt32();
        var bits = magnitude.AsUInt32();
        var half = Vector512.Create((1u << (Drop - 1)) - 1);
        var odd = Vector512.ShiftRightLogical(bits, Drop) & Vector512<uint>.One;
        var large = Vector512.ShiftRightLogical(bits + half + odd, Drop) - Vector512.Create(Rebias);
        var isSmall = Vector512.LessThan(magnitude, Vector512.Create(SmallestNormal)).AsUInt32();
        var result = Vector512.ConditionalSelect(isSmall, small, large);
        return Vector512.ConditionalSelect(isNumber, result, Vector512.Create(NaN)) | sign;
    }
}
