namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Chooses a tile without a measured table. Weights stream through every tile of an expert, so the tile should hold all rows
/// of an expert where it can: one pass over the weights while rows are few. Pure.
/// </summary>
internal static class CutlassTileHeuristic
{
    /// <summary>The tile for a call.</summary>
    /// <param name="pairs">(Token, slot) pairs expected to be live on this rank.</param>
    /// <param name="localExperts">Experts of this rank.</param>
    public static CutlassTile Choose(long pairs, int localExperts)
    {
        // Random routing gives an expert its average and about a square root more; the tile should hold that many. Up to 20 rows
        // the limits are where the next tile was as fast or faster (benchmarks/results/cutlass-tiles.h100.json); beyond the
        // largest tile two blocks share the weights.
        var average = (double)pairs / localExperts;
        return average switch
        {
            <= 10 => new CutlassTile(16, 1),
            <= 20 => new CutlassTile(32, 2),
            _ when average + (2 * Math.Sqrt(average)) <= 160 => new CutlassTile(160, 2),
            _ => new CutlassTile(160, 2, 2),
        };
    }
}
