namespace FusedMoe.Experts.Triton;

/// <summary>Which rows a grouped product reads and writes.</summary>
/// <param name="RowIds">int32 sorted pairs; 0 in the batched format.</param>
/// <param name="BlockExperts">int32 expert of each row block; 0 in the batched format.</param>
/// <param name="RowCount">int32 rows in use, or live rows of each expert.</param>
/// <param name="Limit">Pairs, or rows of one expert.</param>
/// <param name="Divisor">Output rows that share an input row: top-k for the first product, else 1.</param>
/// <param name="Experts">Local experts.</param>
/// <param name="SharedRowBlocks">Row blocks that walk the columns together.</param>
internal readonly record struct GemmRows(
    nint RowIds, nint BlockExperts, nint RowCount, int Limit, int Divisor, int Experts, int SharedRowBlocks);
