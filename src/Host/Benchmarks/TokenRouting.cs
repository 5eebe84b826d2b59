namespace FusedMoe.Host.Benchmarks;

/// <summary>Ids and weights of a measurement, drawn on the host.</summary>
/// <param name="Ids"><c>[M, k]</c>.</param>
/// <param name="Weights"><c>[M, k]</c>, summing to 1 a token.</param>
internal sealed record TokenRouting(int[] Ids, float[] Weights)
{
    /// <summary>Distinct experts a token, by <paramref name="distribution"/>; the same for the same seed.</summary>
    public static TokenRouting Draw(MoeLayerSpec layer, int tokens, RoutingDistribution distribution, int seed)
    {
        var (experts, topK, _, _) = layer.Shape;
        var random = new Random(seed);
        var ids = new int[tokens * topK];
        var weights = new float[tokens * topK];
        var cumulative = Cumulative(experts, distribution);
        for (var t = 0; t < tokens; t++)
        {
            var row = ids.AsSpan(t * topK, topK);
            for (var j = 0; j < topK; j++)
            {
                do
                {
                    row[j] = distribution == RoutingDistribution.OneExpert ? j : Pick(cumulative, random.NextDouble());
                }
                while (row[..j].Contains(row[j]));
            }

            DrawWeights(weights.AsSpan(t * topK, topK), random);
        }

        return new TokenRouting(ids, weights);
    }

    /// <summary>Pairs and distinct experts among the first <paramref name="localExperts"/> experts, which the floor needs.</summary>
    public (long Pairs, int ActiveExperts) LocalLoad(int localExperts)
    {
        var local = Ids.Where(id => id < localExperts).ToArray();
        return (local.LongLength, local.Distinct().Count());
    }

    private static double[] Cumulative(int experts, RoutingDistribution distribution)
    {
        var sums = new double[experts];
        double sum = 0;
        for (var e = 0; e < experts; e++)
        {
            sum += distribution == RoutingDistribution.Zipf ? 1.0 / (e + 1) : 1.0;
            sums[e] = sum;
        }

        return sums;
    }

    private static int Pick(double[] cumulative, double uniform)
    {
        var index = Array.BinarySearch(cumulative, uniform * cumulative[^1]);
        return Math.Min(index < 0 ? ~index : index + 1, cumulative.Length - 1);
    }

    private static void DrawWeights(Span<float> weights, Random random)
    {
        var sum = 0f;
        foreach (ref var weight in weights)
        {
            weight = 0.1f + random.NextSingle();
            sum += weight;
        }

        foreach (ref var weight in weights)
        {
            weight /= sum;
        }
    }
}
