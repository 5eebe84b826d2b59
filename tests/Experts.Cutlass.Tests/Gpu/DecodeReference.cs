namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Both products of a pair in float64, from the same bits.</summary>
internal static class DecodeReference
{
    /// <summary>The first product of a token's row with an expert, activation included.</summary>
    public static double[] Middle(DecodeProblem problem, DecodeCall call, int token, int expert)
    {
        var width = problem.Halves * problem.Intermediate;
        var sums = Product(problem.DType, call.X, token, call.W13, expert, width, problem.Hidden, call.B13);
        if (problem.Activation is { IsGated: false })
        {
            return sums;
        }

        var result = new double[problem.Intermediate];
        for (var i = 0; i < result.Length; i++)
        {
            var (gate, up) = problem.Activation.IsInterleaved
                ? (sums[2 * i], sums[(2 * i) + 1])
                : (sums[i], sums[problem.Intermediate + i]);
            result[i] = Activate(problem.Activation, gate, up);
        }

        return result;
    }

    /// <summary>The second products of a token's rounded rows, weighted and summed over its live slots.</summary>
    public static double[] Sum(DecodeProblem problem, DecodeCall call, ushort[] middle, int token, int[] local)
    {
        var result = new double[problem.Hidden];
        for (var pair = token * problem.TopK; pair < (token + 1) * problem.TopK; pair++)
        {
            if (local[pair] < 0)
            {
                continue;
            }

            var row = Product(
                problem.DType, middle, pair, call.W2, local[pair], problem.Hidden, problem.Intermediate, call.B2);
            for (var i = 0; i < result.Length; i++)
            {
                result[i] += call.SlotWeights[pair] * row[i];
            }
        }

        return result;
    }

    private static double[] Product(
        DType dtype, ushort[] rows, int row, ushort[] weights, int expert, int features, int size, ushort[] bias)
    {
        var result = new double[features];
        for (var feature = 0; feature < features; feature++)
        {
            var index = ((long)expert * features) + feature;
            var sum = bias.Length == 0 ? 0 : Numbers16.Value(DType.BFloat16, bias[index]);
            for (var k = 0; k < size; k++)
            {
                sum += Numbers16.Value(dtype, rows[((long)row * size) + k]) * Numbers16.Value(
                    dtype, weights[(index * size) + k]);
            }

            result[feature] = sum;
        }

        return result;
    }

    private static double Activate(ActivationSpec activation, double gate, double up)
    {
        var limit = activation.Limit ?? double.PositiveInfinity;
        var (g, u) = (Math.Min(gate, limit), Math.Clamp(up, -limit, limit));
        return activation.Kind == ActivationKind.Silu
            ? g / (1 + Math.Exp(-g)) * u
            : (u + activation.Beta) * g / (1 + Math.Exp(-activation.Alpha * g));
    }
}
