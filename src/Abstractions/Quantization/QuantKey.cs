namespace FusedMoe;

/// <summary>
/// One quantization: element type, scale, an optional second-level scale (nvfp4's float32 per tensor), and whether zero
/// is the middle of the range. Value equality over all parts. Known keys are in <see cref="QuantKeys"/>.
/// </summary>
/// <param name="Name">Kebab-case name for configuration and reports.</param>
/// <param name="Element">Element type.</param>
/// <param name="Scale">Scale; for int4 groups <see cref="GroupShape.Columns"/> is the group along K.</param>
/// <param name="SecondScale">Second-level scale, or null.</param>
/// <param name="IsSymmetric">False when zero points are stored beside the scales.</param>
public sealed record QuantKey(
    string Name, DType Element, ScaleSpec Scale, ScaleSpec? SecondScale = null, bool IsSymmetric = true)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
