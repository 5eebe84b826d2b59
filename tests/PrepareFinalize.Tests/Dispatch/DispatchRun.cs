namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>Runs a case on all its ranks.</summary>
internal static class DispatchRun
{
    /// <summary>Each rank's output rows; ranks without communication run with a null communicator.</summary>
    public static float[][] Outputs(DispatchCase layer)
    {
        var outputs = new float[layer.Ranks][];
        RankThreads.RunAll(layer.Ranks, communicator =>
        {
            using var rank = new ToyRank(layer, layer.Kind == AllToAllKind.None ? null : communicator, communicator.Rank);

            // Twice, so that the second call meets what the first left behind.
            rank.Run();
            outputs[communicator.Rank] = rank.Run(lane: 1);
        });
        return outputs;
    }

    /// <summary>
    /// Fails unless every live row is within <paramref name="tolerance"/> of the double reference, relative to the
    /// largest value.
    /// </summary>
    public static void AssertAgrees(DispatchCase layer, float[][] outputs, double tolerance)
    {
        var token = 0;
        for (var rank = 0; rank < layer.Ranks; rank++)
        {
            for (var m = 0; m < layer.Tokens[rank]; m++, token++)
            {
                var row = outputs[rank].AsSpan(m * layer.Hidden, layer.Hidden);
                if (m >= layer.ValidTokens)
                {
                    Assert.That(row.ToArray(), Is.All.NaN, $"{layer}: row {m} of rank {rank} is not live and was written.");
                    continue;
                }

                var expected = ToyTokens.Reference(layer, token, e => layer.Owners is null || layer.Owners[e] >= 0);
                var limit = tolerance * Math.Max(1, expected.Max(Math.Abs));
                for (var c = 0; c < layer.Hidden; c++)
                {
                    Assert.That(
                        row[c],
                        Is.EqualTo(expected[c]).Within(limit),
                        $"{layer}: rank {rank}, row {m} (token {token}), column {c}");
                }
            }
        }
    }
}
