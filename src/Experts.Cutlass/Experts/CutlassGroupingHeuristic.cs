namespace FusedMoe.Experts.Cutlass;

/// <summary>Says which calls need no alignment, for the blocks of both products group their pairs themselves. Pure.</summary>
internal static class CutlassGroupingHeuristic
{
    /// <summary>Most (token, slot) pairs of such a call, a thread each.</summary>
    public const int MaxPairs = DecodeHeuristic.MaxPairs;

    /// <summary>
    /// True when blocks group the pairs: of few, and where a block is alone and has a thread for each, as
    /// GemmTraits::kGroupsPairs says.
    /// </summary>
    /// <param name="tile">Tile of both products.</param>
    /// <param name="pairs">Pairs that the call can bring.</param>
    public static bool GroupsInBlocks(CutlassTile tile, long pairs) =>
        pairs is > 0 and <= MaxPairs && tile is { Consumers: 1, ClusterBlocks: 1 };
}
