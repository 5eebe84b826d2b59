namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Chooses a tile without a measured table. Weights stream through every tile of an expert, so the tile should hold all rows
/// of an expert where it can, whatever the routing: one pass over the weights while rows are few. Pure.
/// </summary>
internal static class CutlassTileHeuristic
{
    /// <summary>The tile for a call.</summary>
    /// <param name="tokens">Tokens expected to be live; no expert has more rows.</param>
    /// <param name="pairs">(Token, slot) pairs expected to be live on this rank.</param>
    /// <param name="localExperts">Experts of this rank.</param>
    public static CutlassTile Choose(long tokens, long pairs, int localExperts)
    {
        // Narrow tiles are up to 1.4 % quicker with uniform routing of 32 to 256 tokens and several times slower when all
        // tokens choose the same experts, so they serve calls that cannot overfill them
        // (benchmarks/results/cutlass-tiles.h100.json and bench.cutlass.one-expert.h100.json). Random routing gives an expert
        // its average and about a square root more; where that is beyond the largest tile, two blocks share the weights.
        var average = (double)pairs / localExperts;
        return tokens switch
        {
            <= 16 => new CutlassTile(16, 1),
            <= 32 => new CutlassTile(32, 2),
            _ when average + (2 * Math.Sqrt(average)) <= 160 => new CutlassTile(160, 2),
            _ => new CutlassTile(160, 2, 2),
        };
    }
}
