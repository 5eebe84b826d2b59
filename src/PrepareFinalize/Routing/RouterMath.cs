using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// The float32 arithmetic of routing as fixed sequences of correctly rounded operations, so that every device that
/// follows them gets the same bits. "fma" rounds once; every other operation rounds by itself (no contraction);
/// rounding is to nearest even; division and square root are IEEE; subnormals are kept.
/// <para>
/// exp(x): NaN gives NaN; x &lt; -86 gives 0; x &gt; 88.72283 gives infinity. Otherwise t = x · 1.44269504; n =
/// rint(t); r = fma(n, -0.693359375, x); r = fma(n, 2.12194440e-4, r); p = C7; p = fma(p, r, C6) … fma(p, r, C0) with
/// Ck = 1/k! as float32 literals below; result = (p · 2^(n-1)) · 2, 2^(n-1) built from bits.
/// </para>
/// <para>log1p(y), 0 ≤ y ≤ 1: s = y / (y + 2); z = s · s; q = A7; q = fma(q, z, A6) … fma(q, z, A0) with Ak = 1/(2k+1);
/// result = (q · s) · 2.</para>
/// <para>sigmoid(x) = 1 / (1 + exp(-x)). softplus(x) = max(x, 0) + log1p(exp(-|x|)), NaN for NaN; then sqrt.</para>
/// <para>
/// softmax of a row: m = largest element (NaN logits were replaced by -infinity before); e_i = exp(x_i - m); lane l
/// of 32 adds e_l, e_(l+32), e_(l+64) … one by one to 0; lanes are folded by adding lane l + w to lane l for w = 16,
/// 8, 4, 2, 1 (a butterfly over a warp gives the same bits, since addition commutes); the result is e_i / sum.
/// </para>
/// </summary>
internal static class RouterMath
{
    /// <summary>Rows are padded to a multiple of this many elements.</summary>
    public const int RowAlignment = 32;

    private const float ExpLowest = -86f;
    private const float ExpHighest = 88.72283f;
    private const float Log2E = 1.44269504f;
    private const float MinusLn2High = -0.693359375f;
    private const float MinusLn2Low = 2.12194440e-4f;

    private static ReadOnlySpan<float> ExpTerms =>
    [
        1.98412698e-4f, 1.38888889e-3f, 8.33333333e-3f, 4.16666667e-2f, 1.66666667e-1f, 0.5f, 1f, 1f,
    ];

    private static ReadOnlySpan<float> Log1PTerms =>
    [
        6.66666667e-2f, 7.69230769e-2f, 9.09090909e-2f, 1.11111111e-1f, 1.42857143e-1f, 0.2f, 3.33333333e-1f, 1f,
    ];

    public static float Exp(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        if (x < ExpLowest)
        {
            return 0f;
        }

        if (x > ExpHighest)
        {
            return float.PositiveInfinity;
        }

        var n = MathF.Round(x * Log2E, MidpointRounding.ToEven);
        var r = MathF.FusedMultiplyAdd(n, MinusLn2High, x);
        r = MathF.FusedMultiplyAdd(n, MinusLn2Low, r);
        var p = ExpTerms[0];
        foreach (var term in ExpTerms[1..])
        {
            p = MathF.FusedMultiplyAdd(p, r, term);
        }

        return p * BitConverter.Int32BitsToSingle(((int)n + 126) << 23) * 2f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        var lowest = Vector512.Create(ExpLowest);
        var highest = Vector512.Create(ExpHighest);
        var inside = Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), lowest, x);
        inside = Vector512.ConditionalSelect(Vector512.GreaterThan(inside, highest), highest, inside);
        var n = Vector512.Round(inside * Vector512.Create(Log2E), MidpointRounding.ToEven);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(MinusLn2High), inside);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(MinusLn2Low), r);
        var p = Vector512.Create(ExpTerms[0]);
        foreach (var term in ExpTerms[1..])
        {
            p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(term));
        }

        var power = Vector512.ShiftLeft(Vector512.ConvertToInt32(n) + Vector512.Create(126), 23).AsSingle();
        var result = p * power * Vector512.Create(2f);
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, lowest), Vector512<float>.Zero, result);
        return Vector512.ConditionalSelect(
            Vector512.GreaterThan(x, highest), Vector512.Create(float.PositiveInfinity), result);
    }

    public static float Sigmoid(float x) => 1f / (1f + Exp(-x));

    public static float SqrtSoftplus(float x)
    {
        if (float.IsNaN(x))
        {
            return x;
        }

        return MathF.Sqrt((x > 0f ? x : 0f) + Log1P(Exp(-MathF.Abs(x))));
    }

    public static float Log1P(float y)
    {
        var s = y / (y + 2f);
        var z = s * s;
        var q = Log1PTerms[0];
        foreach (var term in Log1PTerms[1..])
        {
            q = MathF.FusedMultiplyAdd(q, z, term);
        }

        return q * s * 2f;
    }

    /// <summary>Sigmoid of every element; the length is a multiple of <see cref="RowAlignment"/>.</summary>
    public static void Sigmoid(ReadOnlySpan<float> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i += Vector512<float>.Count)
        {
            var x = Vector512.Create(source[i..]);
            (Vector512<float>.One / (Vector512<float>.One + Exp(-x))).CopyTo(destination[i..]);
        }
    }

    /// <summary>Softmax of a row padded with -infinity to a multiple of <see cref="RowAlignment"/>.</summary>
    public static void Softmax(ReadOnlySpan<float> source, Span<float> destination)
    {
        var max = Vector512.Create(Max(source));
        var low = Vector512<float>.Zero;
        var high = Vector512<float>.Zero;
        for (var i = 0; i < source.Length; i += RowAlignment)
        {
            var first = Exp(Vector512.Create(source[i..]) - max);
            var second = Exp(Vector512.Create(source[(i + 16)..]) - max);
            first.CopyTo(destination[i..]);
            second.CopyTo(destination[(i + 16)..]);
            low += first;
            high += second;
        }

        var sum = Vector512.Create(Fold(low + high));
        for (var i = 0; i < source.Length; i += Vector512<float>.Count)
        {
            (Vector512.Create<float>(destination[i..]) / sum).CopyTo(destination[i..]);
        }
    }

    /// <summary>The largest element; -infinity when there is none.</summary>
    public static float Max(ReadOnlySpan<float> values)
    {
        var max = float.NegativeInfinity;
        foreach (var value in values)
        {
            max = value > max ? value : max;
        }

        return max;
    }

    private static float Fold(Vector512<float> lanes)
    {
        var eight = lanes.GetLower() + lanes.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }
}
