using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FusedMoe.Experts.Cpu;

/// <summary>Functions of eight float32 at a time, each lane for itself.</summary>
internal static class VectorMath
{
    private const float TanhSeriesLimit = 0.35f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) =>
        Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Silu(Vector256<float> x) => x / (Vector256<float>.One + Vector256.Exp(-x));

    public static Vector256<float> Tanh(Vector256<float> x)
    {
        // Near zero 1 - 2 / (exp(2x) + 1) cancels; the odd series is exact to float32 there.
        var s = x * x;
        var series = Polynomial(s, 62f / 2835f, -17f / 315f, 2f / 15f, -1f / 3f, 1f) * x;
        var far = Vector256<float>.One
            - (Vector256.Create(2f) / (Vector256.Exp(x + x) + Vector256<float>.One));
        return Vector256.ConditionalSelect(
            Vector256.LessThan(Vector256.Abs(x), Vector256.Create(TanhSeriesLimit)), series, far);
    }

    public static Vector256<float> GeluTanh(Vector256<float> x)
    {
        var inner = Vector256.Create(0.7978845608f) * (x + (Vector256.Create(0.044715f) * x * x * x));
        return Vector256.Create(0.5f) * x * (Vector256<float>.One + Tanh(inner));
    }

    public static Vector256<float> Gelu(Vector256<float> x) =>
        Vector256.Create(0.5f) * x * Erfc(Vector256.Create(-0.70710678f) * x);

    // Chebyshev fit of erfc with a fractional error below 1.2e-7 everywhere: Press et al., Numerical Recipes, section
    // 6.2.
    private static Vector256<float> Erfc(Vector256<float> x)
    {
        var z = Vector256.Abs(x);
        var t = Vector256<float>.One / (Vector256<float>.One + (Vector256.Create(0.5f) * z));
        var fit = Polynomial(
            t, 0.17087277f, -0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f, -0.18628806f, 0.09678418f,
            0.37409196f,
            1.00002368f, -1.26551223f);
        var tail = t * Vector256.Exp(fit - (z * z));
        return Vector256.ConditionalSelect(
            Vector256.LessThan(x, Vector256<float>.Zero), Vector256.Create(2f) - tail, tail);
    }

    private static Vector256<float> Polynomial(Vector256<float> x, params ReadOnlySpan<float> highestFirst)
    {
        var sum = Vector256<float>.Zero;
        foreach (var coefficient in highestFirst)
        {
            sum = (sum * x) + Vector256.Create(coefficient);
        }

        return sum;
    }
}
