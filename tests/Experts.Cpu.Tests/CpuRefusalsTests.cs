namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Sentences of the refusals, and the other side of each limit.</summary>
public sealed class CpuRefusalsTests
{
    private static readonly CpuExpertsDescriptor Descriptor = new(new DotKernels(InstructionSet.Portable));

    [Test]
    public void SupportsQuant_WeightsWithDynamicScales_AreRefusedAndStaticOnesTaken()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Quant(QuantKeys.Fp8DynamicToken, null).Refusal?.ToString(),
                Does.StartWith("[quant-scheme] weight quantization must be fp8-static-tensor, ")
                    .And.EndsWith(" or mxfp8-static, got fp8-dynamic-token."));
            Assert.That(Quant(QuantKeys.Fp8StaticBlock128, null).IsYes, Is.True);
        }
    }

    [Test]
    public void SupportsQuant_ActivationScalesOverBlocksOfRows_AreRefusedAndOthersTaken()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Quant(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicBlock128).Refusal?.ToString(),
                Does.StartWith("[quant-scheme] activation quantization must be none, fp8-static-tensor, ")
                    .And.EndsWith(" or mxfp8-dynamic, got fp8-dynamic-128x128."));
            Assert.That(Quant(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128).IsYes, Is.True);
            Assert.That(Quant(QuantKeys.Fp8StaticBlock128, null).IsYes, Is.True);
        }
    }

    [Test]
    public void SupportsQuant_TypesThatAreNoActivations_AreRefused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Descriptor.SupportsQuant(QuantSpec.None, DType.Int8, DType.BFloat16).Refusal?.Sentence,
                Is.EqualTo("activation type must be float32, bf16 or fp16, got int8."));
            Assert.That(
                Descriptor.SupportsQuant(QuantSpec.None, DType.BFloat16, DType.Float8E5M2).Refusal?.Sentence,
                Is.EqualTo("weight type must be float32, bf16 or fp16, got fp8-e5m2."));
            Assert.That(Descriptor.SupportsQuant(QuantSpec.None, DType.Float16, DType.Float32).IsYes, Is.True);
        }
    }

    [Test]
    public void SupportsFormat_Batched_NamesTheOtherBackend()
    {
        var batched = new CpuBatchedExpertsDescriptor(new DotKernels(InstructionSet.Portable));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Descriptor.SupportsFormat(ActivationFormat.Batched).Refusal?.ToString(),
                Is.EqualTo(
                    "[activation-format] activation format must be standard, got batched; choose 'cpu-batched'."));
            Assert.That(Descriptor.SupportsFormat(ActivationFormat.Standard).IsYes, Is.True);
            Assert.That(batched.SupportsFormat(ActivationFormat.Batched).IsYes, Is.True);
            Assert.That(batched.SupportsFormat(ActivationFormat.Standard).IsYes, Is.False);
        }
    }

    [Test]
    public void SupportsDevice_Cuda_IsRefusedAndHostTaken()
    {
        var host = PreparedCall.Device.Traits;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Descriptor.SupportsDevice(host with { Id = DeviceId.Cuda(0) }).Refusal?.Sentence,
                Is.EqualTo("device must be cpu, got cuda:0; choose an experts backend of that device."));
            Assert.That(Descriptor.SupportsDevice(host).IsYes, Is.True);
        }
    }

    [Test]
    public void SupportsGraphCapture_Always_NamesTheOption() => Assert.That(
        Descriptor.SupportsGraphCapture().Refusal?.ToString(),
        Is.EqualTo(
            "[graph-capture] graph capture must be off, got on; set FusedMoe:Deployment:GraphCapture to false."));

    [Test]
    public void CreateMonolithic_ModularExperts_NamesTheOtherCall() => Assert.That(
        () => Descriptor.CreateMonolithic(TestExperts.Context(new LayerCase())),
        Throws.InvalidOperationException.With.Message.EqualTo("Experts 'cpu' are modular; call Create."));

    private static Support Quant(QuantKey weight, QuantKey? activation) =>
        Descriptor.SupportsQuant(new QuantSpec(weight, activation), DType.BFloat16, DType.BFloat16);
}
