namespace FusedMoe.Experts.Triton;

/// <summary>The kernel family and types that a quantization needs.</summary>
/// <param name="Family">Kernel.</param>
/// <param name="Prefix">Start of its keys, for example <c>scaled_gemm_fp8_block</c>.</param>
/// <param name="Quant">The layer's quantization.</param>
internal sealed record TritonScheme(TritonKernelFamily Family, string Prefix, QuantSpec Quant)
{
    private const string Int4GroupPrefix = "weight_only_gemm_uint4g";
    private static readonly QuantKey[] Fp8Weights = [QuantKeys.Fp8StaticTensor, QuantKeys.Fp8StaticChannel];

    private static readonly QuantKey[] Fp8Activations =
        [QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicTensor, QuantKeys.Fp8DynamicToken];

    private static readonly QuantKey[] Int8Weights = [QuantKeys.Int8StaticTensor, QuantKeys.Int8StaticChannel];
    private static readonly QuantKey[] Int8Activations = [QuantKeys.Int8DynamicTensor, QuantKeys.Int8DynamicToken];

    /// <summary>Combinations in words, for refusals.</summary>
    public const string Accepted =
        "none x none, fp8 tensor/channel x fp8 static/dynamic tensor or token, fp8 128x128 x fp8 1x128, "
        + "int8 tensor/channel x int8 dynamic tensor or token, or int4/mxfp4/uint8 groups or fp8 x none";

    /// <summary>True when both operands have one byte an element.</summary>
    public bool IsByte => Family == TritonKernelFamily.Scaled;

    /// <summary>True when scales lie on blocks of 128 columns and are applied in every step.</summary>
    public bool HasBlockScales => Family == TritonKernelFamily.Scaled && Quant.Weight == QuantKeys.Fp8StaticBlock128;

    /// <summary>The key's name of an activation type.</summary>
    public static string Word(DType activation) => activation == DType.BFloat16 ? "bf16" : "fp16";

    /// <summary>The scheme of a quantization, or null when no kernel has it.</summary>
    public static TritonScheme? For(QuantSpec quant, DType activation) => quant switch
    {
        { Weight: null, Activation: null } =>
            new(TritonKernelFamily.Grouped, $"grouped_gemm_{Word(activation)}", quant),
        { Weight: { } w, Activation: null } => WeightOnlyPrefix(w) is { } prefix
            ? new(TritonKernelFamily.WeightOnly, prefix, quant)
            : null,
        { Weight: { } w, Activation: { } a } => ScaledPrefix(w, a) is { } prefix
            ? new(TritonKernelFamily.Scaled, prefix, quant)
            : null,
        _ => null,
    };

    private static string? ScaledPrefix(QuantKey weight, QuantKey activation)
    {
        if (weight == QuantKeys.Fp8StaticBlock128 && activation == QuantKeys.Fp8DynamicGroup128)
        {
            return "scaled_gemm_fp8_block";
        }

        if (Fp8Weights.Contains(weight) && Fp8Activations.Contains(activation))
        {
            return "scaled_gemm_fp8_scalar";
        }

        return Int8Weights.Contains(weight) && Int8Activations.Contains(activation) ? "scaled_gemm_int8_scalar" : null;
    }

    private static string? WeightOnlyPrefix(QuantKey weight)
    {
        if (weight == QuantKeys.Mxfp4Static)
        {
            return "weight_only_gemm_mxfp4";
        }

        if (weight == QuantKeys.Int8StaticGroup128)
        {
            return "weight_only_gemm_uint8g128";
        }

        if (weight == QuantKeys.Fp8StaticBlock128 || Fp8Weights.Contains(weight))
        {
            return "weight_only_gemm_fp8";
        }

        return weight.Element == DType.UInt4 ? Int4GroupPrefix + weight.Scale.Group.Columns : null;
    }
}
