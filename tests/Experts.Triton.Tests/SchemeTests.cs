namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class SchemeTests
{
    [TestCase(null, null, "grouped_gemm_bf16")]
    [TestCase("fp8-static-128x128", "fp8-dynamic-1x128", "scaled_gemm_fp8_block")]
    [TestCase("fp8-static-channel", "fp8-dynamic-token", "scaled_gemm_fp8_scalar")]
    [TestCase("fp8-static-tensor", "fp8-static-tensor", "scaled_gemm_fp8_scalar")]
    [TestCase("int8-static-channel", "int8-dynamic-token", "scaled_gemm_int8_scalar")]
    [TestCase("int4-static-group-32-asymmetric", null, "weight_only_gemm_uint4g32")]
    [TestCase("int4-static-group-128", null, "weight_only_gemm_uint4g128")]
    [TestCase("mxfp4-static", null, "weight_only_gemm_mxfp4")]
    [TestCase("int8-static-group-128", null, "weight_only_gemm_uint8g128")]
    [TestCase("fp8-static-128x128", null, "weight_only_gemm_fp8")]
    public void For_SupportedPair_NamesItsKernels(string? weight, string? activation, string prefix) =>
        Assert.That(TritonScheme.For(Spec(weight, activation), DType.BFloat16)!.Prefix, Is.EqualTo(prefix));

    [TestCase("fp8-static-128x128", "fp8-dynamic-token")]
    [TestCase("nvfp4-static", "nvfp4-dynamic")]
    [TestCase("int8-static-channel", "int8-static-tensor")]
    [TestCase("mxfp8-static", "mxfp8-dynamic")]
    public void For_OtherPair_IsNull(string weight, string activation) =>
        Assert.That(TritonScheme.For(Spec(weight, activation), DType.BFloat16), Is.Null);

    [TestCase("fp8-static-tensor", 1, 0, 0, 1)]
    [TestCase("fp8-static-channel", 300, 1, 0, 1)]
    [TestCase("fp8-static-128x128", 3 * 2, 2, 1, 128)]
    [TestCase("mxfp4-static", 300 * 8, 8, 1, 1)]
    [TestCase("int4-static-group-128", 300 * 2, 2, 1, 1)]
    public void Of_Key_GivesStridesOfItsScales(string name, int expert, int row, int column, int rows) =>
        Assert.That(
            ScaleLayout.Of(QuantKeys.Find(name)!, 300, 256), Is.EqualTo(new ScaleLayout(expert, row, column, rows)));

    [TestCase("fp8-static-tensor", new long[] { 5 })]
    [TestCase("fp8-static-channel", new long[] { 5, 300 })]
    [TestCase("fp8-static-128x128", new long[] { 5, 3, 2 })]
    [TestCase("mxfp4-static", new long[] { 5, 300, 8 })]
    public void ShapeOf_Key_IsTheContracts(string name, long[] shape) =>
        Assert.That(ScaleLayout.ShapeOf(QuantKeys.Find(name)!, 5, 300, 256), Is.EqualTo(new TensorShape(shape)));

    private static QuantSpec Spec(string? weight, string? activation) => new(
        weight is null ? null : QuantKeys.Find(weight), activation is null ? null : QuantKeys.Find(activation));
}
