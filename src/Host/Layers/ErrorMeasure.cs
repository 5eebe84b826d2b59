namespace FusedMoe.Host.Layers;

/// <summary>How far an output is from its reference.</summary>
internal static class ErrorMeasure
{
    /// <summary>Relative Frobenius error <c>‖actual − expected‖ / ‖expected‖</c>; NaN anywhere gives NaN.</summary>
    public static double RelativeFrobenius(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        if (actual.Length != expected.Length)
        {
            throw new ArgumentException($"Both must have {expected.Length} elements, got {actual.Length}.", nameof(actual));
        }

        double difference = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var d = (double)actual[i] - expected[i];
            difference += d * d;
            norm += (double)expected[i] * expected[i];
        }

        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }
}
