namespace FusedMoe.Conformance;

/// <summary>
/// Largest relative Frobenius error against the float64 reference, by the least exact thing a layer does. Each bound is
/// a few times what correct rounding costs and far below what a wrong formula costs.
/// </summary>
public static class Tolerances
{
    /// <summary>
    /// 1e-4: float32 products and sums stay near 1e-6; the bound leaves room for other orders of addition and for
    /// approximate exp, and is ten times below what tf32 products (10 mantissa bits) would leave.
    /// </summary>
    public const double Float32 = 1e-4;

    /// <summary>
    /// 0.002: 11 significant bits round by 1.4e-4 (rms), at the activation's output and at the layer's.
    /// </summary>
    public const double Float16 = 0.002;

    /// <summary>
    /// 0.01: 8 significant bits round by 1.1e-3 (rms), at up to four places (weights included) a chain.
    /// </summary>
    public const double BFloat16 = 0.01;

    /// <summary>
    /// 0.05: inputs are quantized exactly as the reference does, but one bit of difference in the activation's output
    /// moves an fp8 or int8 element by a whole step (6 % of an e4m3 value) where it lies near a rounding boundary, and
    /// a scale for a whole tensor may be taken over other rows.
    /// </summary>
    public const double EightBitActivations = 0.05;

    /// <summary>0.12: as <see cref="EightBitActivations"/>, with steps of a third to a half of an e2m1 value.</summary>
    public const double FourBitActivations = 0.12;

    /// <summary>1e-5: float32 router weights after one exp and one division.</summary>
    public const double RouterWeights = 1e-5;

    /// <summary>
    /// A single row may be off by this many times the bound of the whole output, so that one wrong row among many
    /// cannot hide in the norm.
    /// </summary>
    public const double RowFactor = 4;

    /// <summary>The bound of a layer.</summary>
    public static double Of(MoeLayerSpec layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var unquantized = Of(layer.ActivationDType);
        var weights = layer.Quant.Weight is null ? Of(layer.WeightDType) : unquantized;
        var activations = layer.Quant.Activation switch
        {
            null => 0,
            { Element: DType.Float4E2M1 } => FourBitActivations,
            _ => EightBitActivations,
        };
        return Math.Max(Math.Max(unquantized, weights), activations);
    }

    /// <summary>The bound of an unquantized type: float32, bf16 or fp16.</summary>
    public static double Of(DType dtype) => dtype switch
    {
        DType.Float32 => Float32,
        DType.Float16 => Float16,
        _ => BFloat16,
    };
}
