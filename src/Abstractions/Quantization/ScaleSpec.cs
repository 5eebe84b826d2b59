namespace FusedMoe;

/// <summary>How elements of a quantized tensor are scaled.</summary>
/// <param name="DType">Type of one scale: float32, e8m0 or fp8-e4m3.</param>
/// <param name="IsStatic">True when scales come with the checkpoint, false when they are computed from each
/// input.</param>
/// <param name="Group">Elements that share a scale.</param>
public sealed record ScaleSpec(DType DType, bool IsStatic, GroupShape Group);
