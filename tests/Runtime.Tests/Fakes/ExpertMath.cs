namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>One gated expert in plain float32.</summary>
internal static class ExpertMath
{
    /// <summary>
    /// Adds <paramref name="weight"/> times expert <paramref name="expert"/> of <paramref name="x"/> to
    /// <paramref name="y"/>.
    /// </summary>
    public static void Add(
        ReadOnlySpan<float> x, ExpertWeights weights, int expert, float weight, Span<float> y, Span<float> scratch)
    {
        var (width, hidden) = ((int)weights.W13.Shape[1], x.Length);
        var inner = width / 2;
        var w13 = weights.W13.AsSpan<float>().Slice(expert * width * hidden, width * hidden);
        var w2 = weights.W2.AsSpan<float>().Slice(expert * hidden * inner, hidden * inner);
        for (var i = 0; i < inner; i++)
        {
            var gate = Dot(w13.Slice(i * hidden, hidden), x);
            scratch[i] = gate / (1 + MathF.Exp(-gate)) * Dot(w13.Slice((inner + i) * hidden, hidden), x);
        }

        for (var k = 0; k < hidden; k++)
        {
            y[k] += weight * Dot(w2.Slice(k * inner, inner), scratch[..inner]);
        }
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
