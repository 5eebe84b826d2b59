namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonRefusalRulesTests
{
    private static readonly TritonImages Images = TestImages.Standard();

    [Test]
    public void Device_Cpu_ReportsDeviceKind() =>
        Check(
            TritonRefusalRules.Device(TestDevices.Gpu(0) with { Id = DeviceId.Cpu }, Images),
            "[device-kind] device must be cuda, got cpu; choose 'cpu'.");

    [Test]
    public void Device_OldArchitecture_ReportsArchitecture() =>
        Check(
            TritonRefusalRules.Device(TestDevices.Gpu(75), Images),
            "[architecture] compute capability must be at least 8.0, got 7.5; choose 'cpu'.");

    [Test]
    public void Device_WithoutAnImage_ReportsNoImage() =>
        Check(
            TritonRefusalRules.Device(TestDevices.Gpu(80), TestImages.Of(["weighted_sum_bf16_k1_any"])),
            "[no-image] kernel image must be built for compute capability 8.0, got none among 1 kernels; "
            + "run tools/build-triton-kernels.py and rebuild.");

    [TestCase(
        12030,
        "[driver-version] CUDA driver must be 12.4 or newer on other devices than compute capability 9.0, "
        + "got 12.3; update it.")]
    [TestCase(12040, null)]
    public void Device_PortableImages_NeedADriverThatReadsThem(int driver, string? expected)
    {
        var images = TestImages.Of(["weighted_sum_bf16_k1_any", "weighted_sum_bf16_k1_any_portable80"]);
        Check(TritonRefusalRules.Device(TestDevices.Gpu(80) with { DriverVersion = driver }, images), expected);
        Check(TritonRefusalRules.Device(TestDevices.Gpu(90) with { DriverVersion = driver }, images), null);
    }

    [Test]
    public void Device_Hopper_IsAccepted() =>
        Assert.That(TritonRefusalRules.Device(TestDevices.Gpu(90), Images).IsYes, Is.True);

    [Test]
    public void Alignment_Missing_ReportsDeviceService() =>
        Check(
            TritonRefusalRules.Alignment(null),
            "[triton.device-service] expert alignment on cuda must be registered, got none; load the prepare-finalize plugin.");

    [Test]
    public void Quant_Float32Activations_ReportsDataType() =>
        Check(
            TritonRefusalRules.Quant(QuantSpec.None, DType.Float32, DType.Float32),
            "[data-type] activation type must be bf16 or fp16, got float32; choose another experts backend.");

    [Test]
    public void Quant_WeightsOfAnotherType_ReportsDataType() =>
        Check(
            TritonRefusalRules.Quant(QuantSpec.None, DType.BFloat16, DType.Float32),
            "[data-type] weight type must be bf16 as the activations, got float32; convert the weights when loading.");

    [Test]
    public void Quant_QuantizedFp16Layer_ReportsDataType() =>
        Check(
            TritonRefusalRules.Quant(new QuantSpec(QuantKeys.Mxfp4Static, null), DType.Float16, DType.Float16),
            "[data-type] activation type of quantized layers must be bf16, got fp16; choose another experts backend.");

    [Test]
    public void Quant_UnknownPair_ReportsQuantScheme()
    {
        var quant = new QuantSpec(QuantKeys.Nvfp4Static, QuantKeys.Nvfp4Dynamic);
        Check(
            TritonRefusalRules.Quant(quant, DType.BFloat16, DType.BFloat16),
            $"[quant-scheme] quantization must be {TritonScheme.Accepted}, got nvfp4-static x nvfp4-dynamic; "
            + "choose another experts backend.");
    }

    [Test]
    public void Quantizer_MissingForQuantizedActivations_ReportsDeviceService() =>
        Check(
            TritonRefusalRules.Quantizer(new QuantSpec(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken), null),
            "[triton.device-service] activation quantizer on cuda must be registered, got none; "
            + "load the prepare-finalize plugin.");

    [TestCase(1024, 32, true)]
    [TestCase(1025, 32, false)]
    [TestCase(1024, 33, false)]
    public void Shape_ExpertsAndTopK_AreBounded(int experts, int topK, bool accepted) =>
        Assert.That(TritonRefusalRules.Shape(new MoeShape(experts, topK, 64, 64)).IsYes, Is.EqualTo(accepted));

    [Test]
    public void Shape_ExpertBeyond32Bits_ReportsWeightSize() =>
        Check(
            TritonRefusalRules.Shape(new MoeShape(8, 2, 1 << 16, 1 << 14)),
            "[triton.weight-size] weight of one expert must be at most 2147483647 elements, got 2147483648; "
            + "split the intermediate size over tensor-parallel ranks.");

    [Test]
    public void Format_Batched_NamesTheBackendThatTakesIt() =>
        Check(
            TritonRefusalRules.Format(ActivationFormat.Standard, ActivationFormat.Batched),
            "[activation-format] activation format must be standard, got batched; choose 'triton-batched'.");

    [Test]
    public void Lora_Any_ReportsAdaptersAndRank() =>
        Check(
            TritonRefusalRules.Lora(new LoraSpec(4, 16)),
            "[lora] LoRA adapters must be absent, got 4 of rank 16; remove FusedMoe:Deployment:Lora.");

    private static void Check(Support answer, string? text) => Assert.That(answer.Refusal?.ToString(), Is.EqualTo(text));
}
