namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassRefusalRulesTests
{
    [TestCase(90, null)]
    [TestCase(80, "[architecture] compute capability must be 9.0, got 8.0; choose 'triton'.")]
    [TestCase(100, "[architecture] compute capability must be 9.0, got 10.0; choose 'triton'.")]
    public void Device_Capability_IsHoppers(int capability, string? sentence)
    {
        Assert.That(CutlassRefusalRules.Device(TestDevices.Gpu(capability)).Refusal?.ToString(), Is.EqualTo(sentence));
    }

    [TestCase(2880, 2880, null)]
    [TestCase(2881, 2880, "[hidden-alignment] hidden size must be a multiple of 8, got 2881; pad to 2888 or choose 'triton'.")]
    [TestCase(
        2880,
        511,
        "[intermediate-alignment] intermediate size must be a multiple of 8, got 511; pad to 512 or choose 'triton'.")]
    public void Shape_Alignment_NamesThePaddedSize(int hidden, int intermediate, string? sentence)
    {
        Assert.That(
            CutlassRefusalRules.Shape(new MoeShape(8, 2, hidden, intermediate)).Refusal?.ToString(), Is.EqualTo(sentence));
    }

    [TestCase(1024, 32, null)]
    [TestCase(1025, 32, "[expert-limit] experts must be 1 to 1024, got 1025; spread the experts over ranks.")]
    [TestCase(64, 33, "[top-k-limit] top-k must be 1 to 32, got 33; choose 'cpu'.")]
    public void Shape_Limits_AreNamed(int experts, int topK, string? sentence)
    {
        Assert.That(
            CutlassRefusalRules.Shape(new MoeShape(experts, topK, 128, 128)).Refusal?.ToString(), Is.EqualTo(sentence));
    }

    [Test]
    public void Quant_Anything_IsRefusedWithTheScheme()
    {
        var quant = new QuantSpec(QuantKeys.Fp8StaticBlock128, null);

        Assert.That(
            CutlassRefusalRules.Quant(quant, DType.BFloat16, DType.BFloat16).Refusal?.ToString(),
            Is.EqualTo("[quant-scheme] quantization must be none x none, got fp8-static-128x128 x none; choose 'triton'."));
    }

    [TestCase(DType.BFloat16, DType.BFloat16, null)]
    [TestCase(DType.Float16, DType.Float16, null)]
    [TestCase(DType.Float32, DType.Float32, "[data-type] activation type must be bf16 or fp16, got float32; choose 'cpu'.")]
    [TestCase(
        DType.BFloat16,
        DType.Float32,
        "[data-type] weight type must be bf16 as the activations, got float32; convert the weights when loading.")]
    public void Quant_Types_MustBeSixteenBitAndAlike(DType activation, DType weight, string? sentence)
    {
        Assert.That(CutlassRefusalRules.Quant(QuantSpec.None, activation, weight).Refusal?.ToString(), Is.EqualTo(sentence));
    }

    [TestCase(ActivationFormat.Standard, ActivationFormat.Standard, null)]
    [TestCase(
        ActivationFormat.Standard,
        ActivationFormat.Batched,
        "[activation-format] activation format must be standard, got batched; choose 'cutlass-batched'.")]
    [TestCase(
        ActivationFormat.Batched,
        ActivationFormat.Standard,
        "[activation-format] activation format must be batched, got standard; choose 'cutlass'.")]
    public void Format_OtherThanTheExperts_NamesTheExpertsThatHaveIt(
        ActivationFormat wanted, ActivationFormat actual, string? sentence)
    {
        Assert.That(CutlassRefusalRules.Format(wanted, actual).Refusal?.ToString(), Is.EqualTo(sentence));
    }
}
