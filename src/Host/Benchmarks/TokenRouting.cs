using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>Ids and weights of a measurement, drawn on the host.</summary>
/// <param name="Ids"><c>[M, k]</c>.</param>
/// <param name="Weights"><c>[M, k]</c>, summing to 1 a token.</param>
internal sealed record TokenRouting(int[] Ids, float[] Weights)
{
    private const int SlotsPerToken = 64;
    private const int WeightSlots = 32;
    private const int AttemptBits = 24;

    /// <summary>
    /// Distinct experts a token, by <paramref name="distribution"/>; the same for the same seed, here and in benchmarks/peers.
    /// </summary>
    public static TokenRouting Draw(MoeLayerSpec layer, int tokens, RoutingDistribution distribution, int seed)
    {
        var (experts, topK, _, _) = layer.Shape;
        var ids = new int[tokens * topK];
        var weights = new float[tokens * topK];
        var cumulative = Cumulative(experts, distribution);
        Parallel.For(0, tokens, t =>
        {
            var row = ids.AsSpan(t * topK, topK);
            for (var j = 0; j < topK; j++)
            {
                row[j] = distribution == RoutingDistribution.OneExpert ? j : Pick(cumulative, row[..j], seed, Counter(t, j));
            }

            DrawWeights(weights.AsSpan(t * topK, topK), seed, Counter(t, WeightSlots));
        });
        return new TokenRouting(ids, weights);
    }

    /// <summary>
    /// Pairs and distinct experts among the first <paramref name="localExperts"/> experts, which the floor needs.
    /// </summary>
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

    /// <summary>Every (token, slot, attempt) has a number of its own.</summary>
    private static long Counter(int token, int slot) => (((long)token * SlotsPerToken) + slot) << AttemptBits;

    private static int Pick(double[] cumulative, ReadOnlySpan<int> taken, int seed, long counter)
    {
        while (true)
        {
            var index = Array.BinarySearch(cumulative, CounterRandom.Uniform(seed, counter++) * cumulative[^1]);
            var expert = Math.Min(index < 0 ? ~index : index + 1, cumulative.Length - 1);
            if (!taken.Contains(expert))
            {
                return expert;
            }
        }
    }

    private static void DrawWeights(Span<float> weights, int seed, long counter)
    {
        var sum = 0.0;
        for (var j = 0; j < weights.Length; j++)
        {
            weights[j] = (float)(0.1 + CounterRandom.Uniform(seed, counter + ((long)j << AttemptBits)));
            sum += weights[j];
        }

        foreach (ref var weight in weights)
        {
            weight = (float)(weight / sum);
        }
    }
}
