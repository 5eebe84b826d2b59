using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FusedMoe.Host.Layers;

/// <summary>Inner products of bf16 weights and float64 values, in float64.</summary>
internal static class BFloat16Product
{
    /// <summary>The sum of <paramref name="weights"/> (bits) times <paramref name="values"/>, which are as many.</summary>
    public static double Of(ReadOnlySpan<ushort> weights, ReadOnlySpan<double> values)
    {
        var (a, b, c, d) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        ref var w = ref MemoryMarshal.GetReference(weights);
        ref var x = ref MemoryMarshal.GetReference(values[..weights.Length]);
        var i = 0;
        for (; i + 16 <= weights.Length; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref w, (nuint)i));
            var (first, second) = Vector256.Widen((low << 16).AsSingle());
            var (third, fourth) = Vector256.Widen((high << 16).AsSingle());
            a = Vector256.FusedMultiplyAdd(first, Vector256.LoadUnsafe(ref x, (nuint)i), a);
            b = Vector256.FusedMultiplyAdd(second, Vector256.LoadUnsafe(ref x, (nuint)i + 4), b);
            c = Vector256.FusedMultiplyAdd(third, Vector256.LoadUnsafe(ref x, (nuint)i + 8), c);
            d = Vector256.FusedMultiplyAdd(fourth, Vector256.LoadUnsafe(ref x, (nuint)i + 12), d);
        }

        var sum = Vector256.Sum(a + b + (c + d));
        for (; i < weights.Length; i++)
        {
            sum += ToDouble(weights[i]) * values[i];
        }

        return sum;
    }

    /// <summary>The value of bf16 <paramref name="bits"/>.</summary>
    public static double ToDouble(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
