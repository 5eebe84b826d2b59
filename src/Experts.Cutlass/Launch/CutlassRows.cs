namespace FusedMoe.Experts.Cutlass;

/// <summary>What the first product reads and writes.</summary>
/// <param name="Input">Source rows.</param>
/// <param name="Output">One row a pair, in the order of experts; batched: in the input's order.</param>
/// <param name="PairsPerRow">Pairs that share a source row: k in the standard format, 1 in the batched one.</param>
internal readonly record struct CutlassRows(nint Input, nint Output, int PairsPerRow);
