namespace FusedMoe.Experts.Cutlass;

/// <summary>Byte offsets of workspace2; the second product's input is at 0.</summary>
/// <param name="Capacity">Rows of the sorted pairs, padding included.</param>
/// <param name="SortedPairs">int32 <c>[Capacity]</c>.</param>
/// <param name="BlockExperts">int32, one a block.</param>
/// <param name="PaddedRows">int32 <c>[1]</c>.</param>
/// <param name="Scratch">Scratch of the alignment.</param>
/// <param name="ScratchBytes">Its size.</param>
/// <param name="End">Bytes in all.</param>
internal readonly record struct CutlassRegions(
    int Capacity, long SortedPairs, long BlockExperts, long PaddedRows, long Scratch, long ScratchBytes, long End);
