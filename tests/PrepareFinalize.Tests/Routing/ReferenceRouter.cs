namespace FusedMoe.PrepareFinalize.Tests.Routing;

/// <summary>Routing by its definition in float64, with whole-row sorts: slow and plain.</summary>
internal static class ReferenceRouter
{
    public static (int[] Ids, double[] Weights) Route(
        RoutingSpec routing, double[] logits, int topK, double[]? bias = null)
    {
        var scores = routing.ScoreAfterSelection ? logits : Score(routing.Score, logits);
        var keys = scores.Select((s, e) => s + (bias?[e] ?? 0)).ToArray();
        var size = logits.Length / routing.Groups;
        var groups = Enumerable.Range(0, routing.Groups)
            .OrderByDescending(g => GroupKey(routing.GroupScore, keys[(g * size)..((g + 1) * size)]))
            .Take(routing.GroupsKept)
            .ToHashSet();
        var ids = Enumerable.Range(0, logits.Length)
            .Where(e => groups.Contains(e / size))
            .OrderByDescending(e => keys[e])
            .Take(topK)
            .ToArray();
        var weights = ids.Select(e => scores[e]).ToArray();
        if (routing.ScoreAfterSelection)
        {
            weights = Score(routing.Score, weights);
        }

        if (routing.Renormalize)
        {
            var sum = Math.Max(weights.Sum(), routing.RenormalizeFloor);
            weights = weights.Select(w => w / sum).ToArray();
        }

        return (ids, weights.Select(w => w * routing.Scale).ToArray());
    }

    private static double[] Score(ScoreFunction function, double[] x)
    {
        var max = x.Max();
        var sum = x.Sum(v => Math.Exp(v - max));
        return function switch
        {
            ScoreFunction.Identity => x,
            ScoreFunction.Sigmoid => x.Select(v => 1 / (1 + Math.Exp(-v))).ToArray(),
            ScoreFunction.SqrtSoftplus => x.Select(v => Math.Sqrt(Math.Log(1 + Math.Exp(v)))).ToArray(),
            _ => x.Select(v => Math.Exp(v - max) / sum).ToArray(),
        };
    }

    private static double GroupKey(GroupScore score, double[] keys) =>
        keys.OrderDescending().Take(score == GroupScore.Max ? 1 : 2).Sum();
}
