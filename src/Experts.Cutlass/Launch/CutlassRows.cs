namespace FusedMoe.Experts.Cutlass;

/// <summary>What one product reads and writes.</summary>
/// <param name="Input">Source rows.</param>
/// <param name="Output">One row a pair.</param>
/// <param name="PairsPerRow">Pairs that share a source row: k for the first product, 1 for the second.</param>
internal readonly record struct CutlassRows(nint Input, nint Output, int PairsPerRow);
