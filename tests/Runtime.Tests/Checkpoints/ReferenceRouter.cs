namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Routes one token in float64, written from the documentation of <see cref="RoutingSpec"/>.</summary>
internal static class ReferenceRouter
{
    public static (int Id, double Weight)[] Route(RoutingSpec routing, double[] logits, double[]? bias, int topK)
    {
        if (routing.SparseMixerJitter is { } jitter)
        {
            return SparseMixer(logits, jitter);
        }

        var scores = routing.ScoreAfterSelection ? logits : Score(routing.Score, logits);
        var keys = scores.Select((s, i) => s + (bias?[i] ?? 0)).ToArray();
        var ids = Enumerable.Range(0, keys.Length)
            .Where(Allowed(routing, keys).Contains)
            .OrderByDescending(i => keys[i])
            .Take(topK)
            .ToArray();
        var weights = ids.Select(i => scores[i]).ToArray();
        if (routing.ScoreAfterSelection)
        {
            weights = Score(routing.Score, weights);
        }

        var divisor = routing.Renormalize ? Math.Max(weights.Sum(), routing.RenormalizeFloor) : 1;
        return ids.Select((id, i) => (id, weights[i] / divisor * routing.Scale)).ToArray();
    }

    private static HashSet<int> Allowed(RoutingSpec routing, double[] keys)
    {
        var size = keys.Length / routing.Groups;
        var best = routing.GroupScore == GroupScore.Max ? 1 : Math.Min(2, size);
        return Enumerable.Range(0, routing.Groups)
            .OrderByDescending(g => keys.Skip(g * size).Take(size).OrderDescending().Take(best).Sum())
            .Take(routing.GroupsKept)
            .SelectMany(g => Enumerable.Range(g * size, size))
            .ToHashSet();
    }

    private static double[] Score(ScoreFunction function, double[] logits) => function switch
    {
        ScoreFunction.Identity => logits,
        ScoreFunction.Sigmoid => logits.Select(l => 1 / (1 + Math.Exp(-l))).ToArray(),
        ScoreFunction.Softmax => Softmax(logits),
        ScoreFunction.SqrtSoftplus => logits.Select(l => Math.Sqrt(Math.Log(1 + Math.Exp(l)))).ToArray(),
        _ => throw new ArgumentException($"{function}"),
    };

    private static double[] Softmax(double[] logits)
    {
        var exponentials = logits.Select(l => Math.Exp(l - logits.Max())).ToArray();
        return exponentials.Select(e => e / exponentials.Sum()).ToArray();
    }

    /// <summary>
    /// Two picks; each weight is the softmax over the logits within a margin of the pick (Liu et al., GRIN).
    /// </summary>
    private static (int Id, double Weight)[] SparseMixer(double[] logits, double jitter)
    {
        var left = (double[])logits.Clone();
        var picks = new (int, double)[2];
        for (var i = 0; i < picks.Length; i++)
        {
            var best = Array.IndexOf(left, left.Max());
            var kept = left.Select((l, e) =>
                (left[best] - logits[e]) / Math.Max(Math.Abs(logits[e]), left[best]) > 2 * jitter
                    ? double.NegativeInfinity
                    : l);
            picks[i] = (best, Softmax(kept.ToArray())[best]);
            left[best] = double.NegativeInfinity;
        }

        return picks;
    }
}
