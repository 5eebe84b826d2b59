namespace FusedMoe.Conformance;

/// <summary>Routing in float64, in the order of operations of <see cref="RoutingSpec"/>, one token at a time.</summary>
internal static class ReferenceRouter
{
    /// <summary>Experts that a layer's router chooses from: its own, then identity experts.</summary>
    public static int Experts(MoeLayerSpec layer) => layer.Shape.Experts + layer.Routing.IdentityExperts;

    public static RoutedTokens Route(MoeLayerSpec layer, float[] logits, RouterTensors tensors)
    {
        var (experts, topK) = (Experts(layer), layer.Shape.TopK);
        var routing = layer.Routing;
        var slots = topK + routing.FusedSharedExperts;
        var tokens = logits.Length / experts;
        var result = new RoutedTokens(new int[tokens * slots], new double[tokens * slots], new double[logits.Length]);
        for (var m = 0; m < tokens; m++)
        {
            var row = logits.AsSpan(m * experts, experts).ToArray().Select(l => (double)l).ToArray();
            var (ids, weights, keys) = RouteOne(routing, row, topK, tensors, m);
            for (var j = 0; j < slots; j++)
            {
                result.Ids[(m * slots) + j] = j < topK ? ids[j] : experts + j - topK;
                result.Weights[(m * slots) + j] = j < topK ? weights[j] : routing.FusedSharedWeight;
            }

            keys.CopyTo(result.Keys, m * experts);
        }

        return result;
    }

    private static (int[] Ids, double[] Weights, double[] Keys) RouteOne(
        RoutingSpec routing, double[] logits, int topK, RouterTensors tensors, int token)
    {
        if (routing.SparseMixerJitter is { } jitter)
        {
            return SparseMixer(logits, jitter);
        }

        var scores = routing.ScoreAfterSelection ? logits : Score(routing.Score, logits);
        var keys = new double[scores.Length];
        for (var e = 0; e < keys.Length; e++)
        {
            keys[e] = scores[e] + (routing.HasCorrectionBias ? tensors.CorrectionBias![e] : 0);
        }

        keys = KeepGroups(routing, keys);
        var ids = routing.HasHashTable ? HashIds(tensors, token, topK) : Best(keys, topK);
        var weights = ids.Select(e => e < 0 ? 0 : scores[e]).ToArray();
        if (routing.ScoreAfterSelection)
        {
            weights = Score(routing.Score, weights);
        }

        var divisor = routing.Renormalize ? Math.Max(weights.Sum(), routing.RenormalizeFloor) : 1;
        return (ids, [.. weights.Select(w => w / divisor * routing.Scale)], keys);
    }

    private static double[] Score(ScoreFunction function, double[] logits)
    {
        switch (function)
        {
            case ScoreFunction.Identity:
                return logits;
            case ScoreFunction.Sigmoid:
                return [.. logits.Select(l => 1 / (1 + Math.Exp(-l)))];
            case ScoreFunction.SqrtSoftplus:
                return [.. logits.Select(l => Math.Sqrt(Math.Max(l, 0) + Math.Log(1 + Math.Exp(-Math.Abs(l)))))];
            default:
                var max = logits.Max();
                var powers = logits.Select(l => Math.Exp(l - max)).ToArray();
                var sum = powers.Sum();
                return [.. powers.Select(p => p / sum)];
        }
    }

    private static double[] KeepGroups(RoutingSpec routing, double[] keys)
    {
        if (routing.Groups <= 1)
        {
            return keys;
        }

        var size = keys.Length / routing.Groups;
        var groupScores = keys.Chunk(size)
            .Select(g => routing.GroupScore == GroupScore.Max ? g.Max() : g.OrderDescending().Take(2).Sum())
            .ToArray();
        var kept = Best(groupScores, routing.GroupsKept);
        return [.. keys.Select((key, e) => kept.Contains(e / size) ? key : double.NegativeInfinity)];
    }

    /// <summary>Indices of the largest values, falling, ties to the lower index.</summary>
    private static int[] Best(double[] values, int count) =>
        [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).ThenBy(i => i).Take(count)];

    private static int[] HashIds(RouterTensors tensors, int token, int topK)
    {
        var row = tensors.TokenIds![token];
        return row < 0 || row >= tensors.HashTable!.Length / topK
            ? [.. Enumerable.Repeat(-1, topK)]
            : tensors.HashTable.AsSpan(row * topK, topK).ToArray();
    }

    /// <summary>
    /// PhiMoE's sparse mixer at inference: each of the two experts is the best left; its weight is its softmax among
    /// the logits left that are within 2·jitter of it, relative to the larger of it and their own magnitude.
    /// </summary>
    private static (int[] Ids, double[] Weights, double[] Keys) SparseMixer(double[] logits, double jitter)
    {
        var ids = new int[2];
        var weights = new double[2];
        var left = logits.ToArray();
        for (var j = 0; j < 2; j++)
        {
            var best = Best(left, 1)[0];
            var max = left[best];
            var sum = 0.0;
            for (var e = 0; e < left.Length; e++)
            {
                var near = (max - logits[e]) / Math.Max(Math.Abs(logits[e]), max) <= 2 * jitter;
                sum += near && !double.IsNegativeInfinity(left[e]) ? Math.Exp(left[e] - max) : 0;
            }

            (ids[j], weights[j]) = (best, 1 / sum);
            left[best] = double.NegativeInfinity;
        }

        return (ids, weights, logits);
    }
}
