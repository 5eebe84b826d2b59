using System.Runtime.CompilerServices;

namespace FusedMoe.Cpu;

/// <summary>
/// Conversions between float32 and the short formats of <see cref="DType"/>. To float32 they are exact. From float32
/// they round to nearest, ties to even; bf16 and fp16 overflow to infinity as IEEE 754 says, fp8 and fp4 saturate at
/// their largest finite value, infinities included (the saturating mode of the OCP formats), and NaN stays NaN where
/// the format has one.
/// </summary>
public static partial class NumberFormats
{
    /// <summary>Largest finite value of fp8 e4m3.</summary>
    public const float E4M3Max = 448f;

    /// <summary>Largest finite value of fp8 e5m2.</summary>
    public const float E5M2Max = 57344f;

    /// <summary>Largest value of fp4 e2m1.</summary>
    public const float E2M1Max = 6f;

    private static readonly float[] E4M3Table = DecodeAll(exponentBits: 4, mantissaBits: 3, hasInfinity: false);
    private static readonly float[] E5M2Table = DecodeAll(exponentBits: 5, mantissaBits: 2, hasInfinity: true);

    /// <summary>float32 of a bf16 encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float BFloat16ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>bf16 encoding of a float32; NaN keeps its sign and upper payload, made quiet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort SingleToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>float32 of an IEEE binary16 encoding.</summary>
    public static float Float16ToSingle(ushort value) => (float)BitConverter.UInt16BitsToHalf(value);

    /// <summary>IEEE binary16 encoding of a float32.</summary>
    public static ushort SingleToFloat16(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>float32 of an e4m3 encoding; 0x7F and 0xFF are NaN.</summary>
    public static float E4M3ToSingle(byte value) => E4M3Table[value];

    /// <summary>e4m3 encoding of a float32, saturating at 448.</summary>
    public static byte SingleToE4M3(float value) => (byte)MiniFloat.E4M3.Encode(value);

    /// <summary>float32 of an e5m2 encoding; 0x7C is infinity, above it NaN.</summary>
    public static float E5M2ToSingle(byte value) => E5M2Table[value];

    /// <summary>e5m2 encoding of a float32, saturating at 57344.</summary>
    public static byte SingleToE5M2(float value) => (byte)MiniFloat.E5M2.Encode(value);

    /// <summary>float32 of an e2m1 encoding: the low four bits of <paramref name="value"/>.</summary>
    public static float E2M1ToSingle(int value)
    {
        ReadOnlySpan<float> magnitudes = [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f];
        var magnitude = magnitudes[value & 7];
        return (value & 8) == 0 ? magnitude : -magnitude;
    }

    /// <summary>e2m1 encoding (0 to 15) of a float32, saturating at 6; NaN becomes 6 with its sign.</summary>
    public static int SingleToE2M1(float value) => (int)MiniFloat.E2M1.Encode(value);

    /// <summary>The power of two of an e8m0 byte: 2^(byte - 127); 255 is NaN.</summary>
    public static float E8M0ToSingle(byte value) => value switch
    {
        0 => BitConverter.UInt32BitsToSingle(1u << 22),
        255 => float.NaN,
        _ => BitConverter.UInt32BitsToSingle((uint)value << 23),
    };

    /// <summary>
    /// e8m0 byte of the smallest power of two that is at least <paramref name="value"/>, between 2^-127 and 2^127;
    /// 255 for NaN and for values above 2^127. Zero and negative values give 2^-127.
    /// </summary>
    public static byte SingleToE8M0RoundUp(float value)
    {
        if (float.IsNaN(value) || value > E8M0ToSingle(254))
        {
            return 255;
        }

        if (value <= E8M0ToSingle(0))
        {
            return 0;
        }

        var bits = BitConverter.SingleToUInt32Bits(value);
        return (byte)((bits >> 23) + ((bits & 0x7F_FFFF) != 0 ? 1u : 0u));
    }

    /// <summary>Signed value, -8 to 7, of the low four bits of <paramref name="value"/>.</summary>
    public static int Int4ToInt32(int value) => ((value & 0xF) ^ 8) - 8;

    /// <summary>The nearest int8 to a float32, ties to even, clamped to [-128, 127]; NaN becomes 0.</summary>
    public static sbyte SingleToInt8(float value) =>
        float.IsNaN(value) ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(value, MidpointRounding.ToEven), -128f, 127f);

    private static float[] DecodeAll(int exponentBits, int mantissaBits, bool hasInfinity)
    {
        var bias = (1 << (exponentBits - 1)) - 1;
        var topExponent = (1 << exponentBits) - 1;
        var topMantissa = (1 << mantissaBits) - 1;
        var table = new float[256];
        for (var code = 0; code < 256; code++)
        {
            var exponent = (code >> mantissaBits) & topExponent;
            var mantissa = code & topMantissa;
            var magnitude = exponent == 0
                ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB((1 << mantissaBits) + mantissa, exponent - bias - mantissaBits);
            if (exponent == topExponent && (hasInfinity || mantissa == topMantissa))
            {
                magnitude = hasInfinity && mantissa == 0 ? float.PositiveInfinity : float.NaN;
            }

            table[code] = code < 128 ? magnitude : -magnitude;
        }

        return table;
    }
}
