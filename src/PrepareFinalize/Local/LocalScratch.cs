namespace FusedMoe.PrepareFinalize;

/// <summary>Addresses of the pieces of a local prepare's scratch.</summary>
/// <param name="Weighted">Rows times router weight.</param>
/// <param name="Elements">Quantized rows.</param>
/// <param name="Scales">Their scales.</param>
/// <param name="End">One past the last byte in use.</param>
internal readonly record struct LocalScratch(nint Weighted, nint Elements, nint Scales, nint End);
