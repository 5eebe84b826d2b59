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

    private static readonly MoeShape Even = new(8, 2, 256, 256);
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
        var device = TestDevices.Gpu(80);

        Assert.Multiple(() =>
        {
            Assert.That(batched.SupportsDevice(device).IsYes, Is.False);
            Assert.That(batched.SupportsQuantOn(device, Even, QuantSpec.None, DType.BFloat16, DType.BFloat16).IsYes, Is.True);
            Assert.That(Ask(75, Quantized[0], DType.BFloat16).IsYes, Is.True);
            Assert.That(Ask(80, Quantized[0], DType.Float16).IsYes, Is.True);
        });
    }

    [Test]
    public void SupportsQuantOn_EverySchemeOfTheStandardFormat_IsTakenBatchedOnHopper()
    {
        var batched = new TritonBatchedExpertsDescriptor(_services);
        var weights = QuantKeys.All.Select(w => new QuantSpec(w, null));
        var pairs = QuantKeys.All.SelectMany(w => QuantKeys.All.Select(a => new QuantSpec(w, a)));
        var taken = weights.Concat(pairs).Where(q => TritonScheme.For(q, DType.BFloat16) is not null).ToArray();

        Assert.That(taken, Is.SupersetOf(Quantized));
        foreach (var quant in taken.Prepend(QuantSpec.None))
        {
            Assert.That(AskBatched(batched, quant), Is.Null, $"{quant}");
        }
    }

    /// <summary>Images alone decide what the batched format takes.</summary>
    [TestCaseSource(nameof(Quantized))]
    public void SupportsQuantOn_BatchedFormat_TakesWhatThereAreImagesOf(QuantSpec quant)
    {
        var prefix = TritonScheme.For(quant, DType.BFloat16)!.Prefix;
        string[] standard = [.. Keys(prefix, string.Empty), "activate_rows_bf16_gelu_batched"];
        var without = Batched(standard);
        var with = Batched([.. standard, .. Keys(prefix, TritonImages.BatchedSuffix)]);

        Assert.Multiple(() =>
        {
            Assert.That(AskBatched(with, quant), Is.Null);
            Assert.That(
                AskBatched(without, quant),
                Is.EqualTo(
                    $"[no-image] kernel image '{prefix}' of the batched format must be built for compute capability 9.0, "
                    + "got none; choose 'triton'."));
            Assert.That(
                AskBatched(with, quant, new MoeShape(8, 2, 40, 256)),
                Does.StartWith($"[hidden-alignment] hidden size of layers quantized {quant} must be a multiple of ")
                    .And.EndsWith(", got 40; choose another experts backend."));
        });
    }

    [Test]
    public void SupportsQuantOn_SizesThatOnlyTheStandardFormatTakes_NameIt()
    {
        const string Prefix = "scaled_gemm_int8_scalar";
        string[] any = [$"{Prefix}_64x128x128x4x4_gated_any", $"{Prefix}_64x128x128x4x4_plain_any"];
        var images = Batched([.. any, .. Keys(Prefix, TritonImages.BatchedSuffix), "activate_rows_bf16_gelu_batched"]);

        Assert.That(
            AskBatched(images, Quantized[2], new MoeShape(8, 2, 256, 40)),
            Is.EqualTo(
                "[intermediate-alignment] intermediate size of layers quantized int8-static-channel x int8-dynamic-token "
                + "must be a multiple of 16, got 40; choose 'triton'."));
    }

    [TestCase("int4-static-group-32", 2880, 360, "[intermediate-alignment] intermediate size", 32)]
    [TestCase("mxfp4-static", 48, 64, "[hidden-alignment] hidden size", 32)]
    [TestCase("int8-static-group-128", 24, 64, "[hidden-alignment] hidden size", 16)]
    public void SupportsQuantOn_SizesThatNoImageTakes_AreRefused(
        string weight, int hidden, int intermediate, string subject, int multiple)
    {
        var quant = new QuantSpec(QuantKeys.Find(weight), null);
        var size = subject.Contains("hidden", StringComparison.Ordinal) ? hidden : intermediate;

        Assert.That(
            Ask(90, quant, DType.BFloat16, new MoeShape(8, 2, hidden, intermediate)).Refusal?.ToString(),
            Is.EqualTo(
                $"{subject} of layers quantized {weight} x none must be a multiple of {multiple}, got {size}; "
                + "choose another experts backend."));
    }

    /// <summary>What is accepted can be planned, whatever the sizes and the activation.</summary>
    [Test]
    public void SupportsQuantOn_EverySizeThatIsTaken_HasTilesForBothProducts([Values(80, 90)] int capability)
    {
        int[] sizes = [17, 33, 40, 48, 72, 96, 128, 360];
        ActivationSpec[] activations = [ActivationSpec.Silu, new(ActivationKind.Gelu), new(ActivationKind.Relu2NoMul)];
        var refused = 0;
        foreach (var quant in Quantized.Prepend(QuantSpec.None))
        {
            foreach (var shape in sizes.SelectMany(h => sizes.Select(i => new MoeShape(8, 2, h, i))))
            {
                if (!Ask(capability, quant, DType.BFloat16, shape).IsYes)
                {
                    refused++;
                    continue;
                }

                foreach (var activation in activations)
                {
                    var plain = TestImages.Layer(
                        shape.Hidden, shape.Intermediate, 8, 2, activation, computeCapability: capability);
                    var layer = plain with { Scheme = TritonScheme.For(quant, DType.BFloat16)! };
                    var planner = new TritonPlanner(_services.Images, layer, tinyPairs: 0);
                    Assert.That(planner.RequireImages, Throws.Nothing, $"{quant}, {shape}, {activation}");
                }
            }
        }

        Assert.That(refused, Is.GreaterThan(0));
    }

    private static string[] Keys(string prefix, string suffix) =>
        [.. new[] { "gated", "plain" }.Select(k => $"{prefix}_16x128x64x4x3_{k}_wide{suffix}")];

    private static TritonBatchedExpertsDescriptor Batched(IEnumerable<string> keys) =>
        new(new TritonServices(TestImages.Of(keys), Options.Create(new TritonOptions()), [], []));

    private static string? AskBatched(TritonBatchedExpertsDescriptor batched, QuantSpec quant, MoeShape? shape = null) =>
        batched.SupportsQuantOn(TestDevices.Gpu(90), shape ?? Even, quant, DType.BFloat16, DType.BFloat16).Refusal?.ToString();

    private static string Sentence(string prefix, string capability) =>
        $"[no-image] kernel image '{prefix}' must be built for compute capability {capability}, got sm_90; "
        + "choose another experts backend.";

    private Support Ask(int capability, QuantSpec quant, DType dtype, MoeShape? shape = null) =>
        new TritonExpertsDescriptor(_services).SupportsQuantOn(TestDevices.Gpu(capability), shape ?? Even, quant, dtype, dtype);
}
