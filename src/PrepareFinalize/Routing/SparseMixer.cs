namespace FusedMoe.PrepareFinalize;

/// <summary>
/// phimoe's sparse mixer at inference (published model code). Slot 0 is the largest logit, slot 1 the largest of the
/// rest. With m the slot's logit, an expert is masked when (m - s) / max(|s|, m) &gt; 2·jitter, and in slot 1 also when
/// it is slot 0's; the weight is the picked expert's part of a softmax over the experts that are left, in
/// <see cref="RouterMath"/>'s order. Weights are not renormalized.
/// </summary>
internal static class SparseMixer
{
    public static void Select(in RouterRow row, float jitter, float scale, int experts)
    {
        foreach (ref var logit in row.Logits)
        {
            logit = float.IsNaN(logit) ? float.NegativeInfinity : logit;
        }

        var list = new TopKList(row.Ids, row.BestKeys[..2]);
        for (var e = 0; e < experts; e++)
        {
            list.Offer(e, row.Logits[e]);
        }

        row.Weights[0] = Weigh(row, row.Ids[0], -1, jitter) * scale;
        row.Weights[1] = Weigh(row, row.Ids[1], row.Ids[0], jitter) * scale;
    }

    private static float Weigh(in RouterRow row, int picked, int excluded, float jitter)
    {
        var max = row.Logits[picked];
        for (var e = 0; e < row.Logits.Length; e++)
        {
            var logit = row.Logits[e];
            var magnitude = MathF.Abs(logit);
            var factor = magnitude > max ? magnitude : max;
            var isMasked = e == excluded || (max - logit) / factor > 2f * jitter || float.IsNegativeInfinity(logit);
            row.Keys[e] = isMasked ? float.NegativeInfinity : logit;
        }

        RouterMath.Softmax(row.Keys, row.Scores);
        return row.Scores[picked];
    }
}
