namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Routes one row in the order of <see cref="RoutingSpec"/>. The arithmetic is <see cref="RouterMath"/>'s; sums over
/// the k slots run from slot 0 up, and slots are ordered by falling key. A NaN logit counts as -infinity; an expert
/// whose logit is -infinity or whose key is NaN sorts last whatever its bias.
/// </summary>
internal static class RowRouting
{
    /// <summary>Selects by key and weights; the row's logits are filled and padded.</summary>
    public static void Select(RoutingSpec routing, in RouterRow row, ReadOnlySpan<float> bias, int experts)
    {
        Score(routing, row);
        SetKeys(routing, row, bias, experts);
        if (routing.Groups > 1)
        {
            SelectInGroups(routing, row, experts);
        }
        else
        {
            var list = new TopKList(row.Ids, row.BestKeys[..row.Ids.Length]);
            for (var e = 0; e < experts; e++)
            {
                list.Offer(e, row.Keys[e]);
            }
        }

        SetWeights(routing, row, experts);
    }

    /// <summary>
    /// Takes ids from a table row (empty: the token has none) and weights them; ids outside the experts become -1.
    /// </summary>
    public static void LookUp(RoutingSpec routing, in RouterRow row, ReadOnlySpan<int> tableRow, int experts)
    {
        Score(routing, row);
        for (var j = 0; j < row.Ids.Length; j++)
        {
            var id = tableRow.IsEmpty ? -1 : tableRow[j];
            row.Ids[j] = (uint)id < (uint)experts ? id : -1;
        }

        SetWeights(routing, row, experts);
    }

    private static void Score(RoutingSpec routing, in RouterRow row)
    {
        foreach (ref var logit in row.Logits)
        {
            logit = float.IsNaN(logit) ? float.NegativeInfinity : logit;
        }

        if (routing.ScoreAfterSelection || routing.Score == ScoreFunction.Identity)
        {
            row.Logits.CopyTo(row.Scores);
        }
        else if (routing.Score == ScoreFunction.Softmax)
        {
            RouterMath.Softmax(row.Logits, row.Scores);
        }
        else if (routing.Score == ScoreFunction.Sigmoid)
        {
            RouterMath.Sigmoid(row.Logits, row.Scores);
        }
        else
        {
            for (var e = 0; e < row.Logits.Length; e++)
            {
                row.Scores[e] = RouterMath.SqrtSoftplus(row.Logits[e]);
            }
        }
    }

    private static void SetKeys(RoutingSpec routing, in RouterRow row, ReadOnlySpan<float> bias, int experts)
    {
        for (var e = 0; e < experts; e++)
        {
            var key = routing.HasCorrectionBias ? row.Scores[e] + bias[e] : row.Scores[e];
            var isLast = float.IsNaN(key) || float.IsNegativeInfinity(row.Logits[e]);
            row.Keys[e] = isLast ? float.NegativeInfinity : key;
        }
    }

    private static void SelectInGroups(RoutingSpec routing, in RouterRow row, int experts)
    {
        var size = experts / routing.Groups;
        var groups = new TopKList(row.BestGroups[..routing.GroupsKept], row.BestKeys[..routing.GroupsKept]);
        for (var g = 0; g < routing.Groups; g++)
        {
            groups.Offer(g, ScoreGroup(routing.GroupScore, row.Keys.Slice(g * size, size)));
        }

        row.Groups.Clear();
        foreach (var g in row.BestGroups[..routing.GroupsKept])
        {
            row.Groups[g] = 1f;
        }

        var list = new TopKList(row.Ids, row.BestKeys[..row.Ids.Length]);
        for (var e = 0; e < experts; e++)
        {
            if (row.Groups[e / size] != 0f)
            {
                list.Offer(e, row.Keys[e]);
            }
        }
    }

    private static float ScoreGroup(GroupScore score, ReadOnlySpan<float> keys)
    {
        var best = float.NegativeInfinity;
        var second = float.NegativeInfinity;
        foreach (var key in keys)
        {
            if (key > best)
            {
                (best, second) = (key, best);
            }
            else if (key > second)
            {
                second = key;
            }
        }

        return score == GroupScore.Max || keys.Length == 1 ? best : best + second;
    }

    private static void SetWeights(RoutingSpec routing, in RouterRow row, int experts)
    {
        for (var j = 0; j < row.Ids.Length; j++)
        {
            var id = row.Ids[j];
            row.Weights[j] = (uint)id < (uint)experts ? row.Scores[id] : float.NegativeInfinity;
        }

        if (routing.ScoreAfterSelection)
        {
            ScoreSelected(routing.Score, row.Weights);
        }

        for (var j = 0; j < row.Ids.Length; j++)
        {
            row.Weights[j] = row.Ids[j] < 0 ? 0f : row.Weights[j];
        }

        if (routing.Renormalize)
        {
            Renormalize(row.Weights, routing.RenormalizeFloor);
        }

        for (var j = 0; j < row.Ids.Length; j++)
        {
            row.Weights[j] = row.Ids[j] < 0 ? 0f : row.Weights[j] * routing.Scale;
        }
    }

    private static void ScoreSelected(ScoreFunction score, Span<float> weights)
    {
        if (score == ScoreFunction.Softmax)
        {
            var max = RouterMath.Max(weights);
            var sum = 0f;
            foreach (ref var weight in weights)
            {
                weight = RouterMath.Exp(weight - max);
                sum += weight;
            }

            foreach (ref var weight in weights)
            {
                weight /= sum;
            }
        }
        else if (score != ScoreFunction.Identity)
        {
            foreach (ref var weight in weights)
            {
                weight = score == ScoreFunction.Sigmoid ? RouterMath.Sigmoid(weight) : RouterMath.SqrtSoftplus(weight);
            }
        }
    }

    private static void Renormalize(Span<float> weights, float floor)
    {
        var sum = 0f;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        sum = sum < floor ? floor : sum;
        foreach (ref var weight in weights)
        {
            weight /= sum;
        }
    }
}
