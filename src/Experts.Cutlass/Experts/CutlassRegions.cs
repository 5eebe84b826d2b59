namespace FusedMoe.Experts.Cutlass;

/// <summary>Byte offsets of workspace2; the second product's input is at 0.</summary>
/// <param name="SortedPairs">int32, one a pair.</param>
/// <param name="ExpertOffsets">int32, one an expert and one more.</param>
/// <param name="Scratch">Scratch of the alignment.</param>
/// <param name="ScratchBytes">Its size.</param>
/// <param name="End">Bytes in all.</param>
internal readonly record struct CutlassRegions(
    long SortedPairs, long ExpertOffsets, long Scratch, long ScratchBytes, long End);
