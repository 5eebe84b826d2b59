using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class DeviceBoundQuantTests
{
    private static readonly QuantSpec[] Quantized =
    [
        new(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128),
        new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken),
        new(QuantKeys.Int8StaticChannel, QuantKeys.Int8DynamicToken),
        new(QuantKeys.Fp8StaticBlock128, null),
        new(QuantKeys.Int8StaticGroup128, null),
        new(QuantKeys.Int4StaticGroup128, null),
        new(QuantKeys.Mxfp4Static, null),
    ];

    private TritonServices _services = null!;

    [OneTimeSetUp]
    public void ReadManifest()
    {
        var images = TritonImages.FromAssembly();
        if (images.Library is null)
        {
            Assert.Ignore("no kernel images are embedded; run tools/build-triton-kernels.py on a machine with Triton.");
        }

        _services = new TritonServices(images, Options.Create(new TritonOptions()), [], []);
    }

    [TestCaseSource(nameof(Quantized))]
    public void SupportsQuantOn_QuantizedLayer_IsTakenOnHopperAndRefusedWhereOnlyPortableImagesRun(QuantSpec quant)
    {
        var prefix = TritonScheme.For(quant, DType.BFloat16)!.Prefix;

        Assert.Multiple(() =>
        {
            Assert.That(Ask(90, quant, DType.BFloat16).IsYes, Is.True);
            Assert.That(
                Ask(80, quant, DType.BFloat16).Refusal?.ToString(),
                Is.EqualTo(Sentence(prefix, "8.0")));
            Assert.That(
                Ask(100, quant, DType.BFloat16).Refusal?.ToString(),
                Is.EqualTo(Sentence(prefix, "10.0")));
        });
    }

    [Test]
    public void SupportsQuantOn_UnquantizedLayer_IsTakenOnEveryDeviceFromCapability80(
        [Values(80, 86, 90, 100)] int capability, [Values(DType.BFloat16, DType.Float16)] DType dtype) =>
        Assert.That(Ask(capability, QuantSpec.None, dtype).IsYes, Is.True);

    [Test]
    public void SupportsQuantOn_WhatAnotherQueryRefuses_GetsNoSecondReason()
    {
        var batched = new TritonBatchedExpertsDescriptor(_services);
        var device = Device(80);

        Assert.Multiple(() =>
        {
            Assert.That(batched.SupportsDevice(device).IsYes, Is.False);
            Assert.That(batched.SupportsQuantOn(device, QuantSpec.None, DType.BFloat16, DType.BFloat16).IsYes, Is.True);
            Assert.That(Ask(75, Quantized[0], DType.BFloat16).IsYes, Is.True);
            Assert.That(Ask(80, Quantized[0], DType.Float16).IsYes, Is.True);
        });
    }

    [Test]
    public void SupportsQuantOn_EverySchemeOfTheBatchedFormat_IsTakenOnHopper()
    {
        var batched = new TritonBatchedExpertsDescriptor(_services);

        foreach (var quant in Quantized.Take(2).Prepend(QuantSpec.None))
        {
            Assert.That(
                batched.SupportsQuantOn(Device(90), quant, DType.BFloat16, DType.BFloat16).Refusal?.ToString(), Is.Null);
        }
    }

    private static string Sentence(string prefix, string capability) =>
        $"[no-image] kernel image '{prefix}' must be built for compute capability {capability}, got sm_90; "
        + "choose another experts backend.";

    private static DeviceTraits Device(int capability) => new()
    {
        Id = DeviceId.Cuda(0),
        Name = "device",
        ComputeCapability = capability,
        Processors = 132,
        MemoryBytes = 1L << 37,
    };

    private Support Ask(int capability, QuantSpec quant, DType dtype) =>
        new TritonExpertsDescriptor(_services).SupportsQuantOn(Device(capability), quant, dtype, dtype);
}
