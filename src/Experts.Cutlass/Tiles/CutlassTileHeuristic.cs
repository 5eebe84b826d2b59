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
        // Measured in benchmarks/results/cutlass-tiles.h100.json. Tiles of one consumer without a cluster take up to 7 % less
        // time than tiles of two, as long as one tile holds an expert's rows; where all tokens choose the same experts they
        // take up to 34 % more at 512 tokens and above. The narrowest serve calls that cannot overfill them. From about 32 rows
        // an expert on, tiles of 160 rows take between 1.6 % less and 1.2 % more time than tiles of 128 under uniform routing
        // and up to 12 % less under Zipf's, which puts more rows on some experts (up to 7 % more where all tokens choose the
        // same). Random routing gives an expert its average and about a square root more; where that is beyond the largest
        // tile, two blocks share the weights.
        var average = (double)pairs / localExperts;
        var expected = average + (2 * Math.Sqrt(average));
        return tokens switch
        {
            <= 16 => new CutlassTile(16, 1),
            <= 64 => new CutlassTile(64, 1),
            _ when expected <= 40 => new CutlassTile(128, 1),
            _ when expected <= 160 => new CutlassTile(160, 1),
            _ => new CutlassTile(160, 2, 2),
        };
    }
}
