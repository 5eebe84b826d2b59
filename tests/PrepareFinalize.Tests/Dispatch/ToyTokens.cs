using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>
/// Inputs of one token that depend only on its global number, so that any split over ranks sees the same tokens.
/// </summary>
internal static class ToyTokens
{
    /// <summary>Hidden state rounded to <paramref name="dtype"/>.</summary>
    public static float[] Hidden(int token, int columns, DType dtype)
    {
        var random = new Random((token * 31) + 5);
        return [.. Enumerable.Range(0, columns).Select(_ => Round((float)((random.NextDouble() * 2) - 1), dtype))];
    }

    /// <summary>Ids with -1, ids past the last expert and, for every fifth token, a repeated id.</summary>
    public static int[] Ids(int token, int experts, int topK)
    {
        var random = new Random((token * 17) + 3);
        var ids = Enumerable.Range(0, experts).OrderBy(_ => random.Next()).Take(topK).ToArray();
        if (token % 4 == 1)
        {
            ids[0] = -1;
        }

        if (token % 6 == 2)
        {
            ids[^1] = experts + token;
        }

        if (token % 5 == 3 && topK > 1)
        {
            ids[^1] = ids[0];
        }

        return ids;
    }

    public static float[] Weights(int token, int topK)
    {
        var random = new Random((token * 7) + 1);
        return [.. Enumerable.Range(0, topK).Select(_ => (float)random.NextDouble() + 0.1f)];
    }

    /// <summary>Expert <paramref name="expert"/>: a linear map, column c taking c and its neighbour.</summary>
    public static double Expert(int expert, ReadOnlySpan<double> input, int column) =>
        ((expert + 1) * 0.25 * input[column]) - (0.5 * input[(column + expert + 1) % input.Length]);

    public static float Round(float value, DType dtype) =>
        dtype == DType.BFloat16 ? NumberFormats.BFloat16ToSingle(NumberFormats.SingleToBFloat16(value)) : value;

    /// <summary>The layer's result for one token in double, experts outside <paramref name="known"/> skipped.</summary>
    public static double[] Reference(DispatchCase layer, int token, Func<int, bool> known)
    {
        var input = Hidden(token, layer.Hidden, layer.DType).Select(x => (double)x).ToArray();
        var (ids, weights) = (Ids(token, layer.Experts, layer.TopK), Weights(token, layer.TopK));
        var output = new double[layer.Hidden];
        for (var j = 0; j < layer.TopK; j++)
        {
            if (ids[j] < 0 || ids[j] >= layer.Experts || !known(ids[j]))
            {
                continue;
            }

            for (var c = 0; c < layer.Hidden; c++)
            {
                output[c] += weights[j] * Expert(ids[j], input, c);
            }
        }

        return output;
    }
}
