using System.Globalization;

namespace FusedMoe.Conformance;

/// <summary>Compares outputs. NaN and infinities never pass.</summary>
internal static class OutputCheck
{
    /// <summary>
    /// Requires <paramref name="actual"/> <c>[rows, columns]</c> near the reference; gives the measured error.
    /// </summary>
    public static string RequireClose(string what, float[] actual, double[] expected, int columns, double tolerance)
    {
        RequireFinite(what, actual, columns);
        var (error, norm) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            error += Square(actual[i] - expected[i]);
            norm += Square(expected[i]);
        }

        var typicalRow = Math.Sqrt(norm / Math.Max(1, expected.Length / Math.Max(columns, 1)));
        for (var start = 0; start < expected.Length; start += columns)
        {
            RequireRow(what, actual, expected, start, columns, tolerance, typicalRow);
        }

        var relative = norm == 0 ? Math.Sqrt(error) : Math.Sqrt(error / norm);
        return relative <= tolerance
            ? Format($"relative error {relative:E2}, tolerance {tolerance:E2}")
            : throw new CaseFailedException(Format(
                $"{what}: relative error must be at most {tolerance:E2}, got {relative:E2}; ")
                + $"{Worst(actual, expected, 0, expected.Length, columns)}.");
    }

    /// <summary>
    /// Requires two byte arrays to be the same; the coordinate is in elements of <paramref name="dtype"/>.
    /// </summary>
    public static void RequireSameBits(string what, byte[] actual, byte[] expected, DType dtype, int columns)
    {
        var first = actual.AsSpan().CommonPrefixLength(expected);
        if (first == expected.Length && actual.Length == expected.Length)
        {
            return;
        }

        var element = first * 8 / dtype.Bits();
        throw new CaseFailedException(
            $"{what}: bits must be equal, first difference at [{element / columns}, {element % columns}] "
            + $"(byte {first} of {expected.Length}).");
    }

    public static void RequireFinite(string what, float[] actual, int columns)
    {
        var bad = Array.FindIndex(actual, v => !float.IsFinite(v));
        if (bad >= 0)
        {
            throw new CaseFailedException(Format(
                $"{what}: every element must be written and finite, ")
                + $"got {actual[bad]} at [{bad / columns}, {bad % columns}].");
        }
    }

    private static void RequireRow(
        string what, float[] actual, double[] expected, int start, int columns, double tolerance, double typicalRow)
    {
        var (error, norm) = (0.0, 0.0);
        for (var i = start; i < start + columns; i++)
        {
            error += Square(actual[i] - expected[i]);
            norm += Square(expected[i]);
        }

        var scale = Math.Max(Math.Sqrt(norm), typicalRow / 4);
        var bound = tolerance * Tolerances.RowFactor;
        if (Math.Sqrt(error) > bound * scale)
        {
            var relative = scale == 0 ? Math.Sqrt(error) : Math.Sqrt(error) / scale;
            throw new CaseFailedException(Format(
                $"{what}: relative error of row {start / columns} must be at most {bound:E2}, got {relative:E2}; ")
                + $"{Worst(actual, expected, start, columns, columns)}.");
        }
    }

    private static string Worst(float[] actual, double[] expected, int start, int length, int columns)
    {
        var worst = Enumerable.Range(start, length).MaxBy(i => Math.Abs(actual[i] - expected[i]));
        return Format($"worst at [{worst / columns}, {worst % columns}]: {actual[worst]:G6} for {expected[worst]:G6}");
    }

    private static double Square(double value) => value * value;

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
