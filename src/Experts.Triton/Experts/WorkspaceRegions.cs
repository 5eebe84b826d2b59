namespace FusedMoe.Experts.Triton;

/// <summary>
/// Where the tables of one standard call lie in workspace2, behind the products' rows. Offsets are in bytes and depend on
/// the call's rows and its row block only, both fixed when a graph is captured, so replays see the same addresses.
/// </summary>
/// <param name="SortedPairs">int32 pairs in expert order.</param>
/// <param name="Capacity">Elements of <paramref name="SortedPairs"/>.</param>
/// <param name="BlockExperts">int32 expert of each block.</param>
/// <param name="Blocks">Elements of <paramref name="BlockExperts"/>.</param>
/// <param name="PaddedRows">int32 rows in use.</param>
/// <param name="Scratch">Scratch of the alignment.</param>
/// <param name="ScratchBytes">Bytes of <paramref name="Scratch"/>; 0 when the alignment needs none.</param>
/// <param name="InnerScales">Scales of the quantized activation output.</param>
/// <param name="End">Bytes of workspace2.</param>
internal readonly record struct WorkspaceRegions(
    long SortedPairs, int Capacity, long BlockExperts, int Blocks, long PaddedRows, long Scratch, long ScratchBytes,
    long InnerScales, long End);
