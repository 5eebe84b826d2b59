namespace FusedMoe.Experts.Cutlass;

/// <summary>Device addresses that say which rows belong to which expert.</summary>
/// <param name="SortedPairs">Pairs by expert, without padding; 0 unless the alignment sorted them.</param>
/// <param name="ExpertOffsets">
/// First entry of each expert in the sorted pairs, then their number; 0 unless the alignment sorted them.
/// </param>
/// <param name="ExpertCounts">Rows in use of each expert; 0 in the standard format.</param>
/// <param name="RowsPerExpert">Rows reserved for each expert; 0 in the standard format.</param>
internal readonly record struct CutlassTables(nint SortedPairs, nint ExpertOffsets, nint ExpertCounts, int RowsPerExpert)
{
    /// <summary>The pairs that each block groups itself; without ids where the tables above say all.</summary>
    public CutlassPairs Pairs { get; init; }
}
