using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Triton.Tests;

/// <summary>What <c>tune</c> and the conformance suite are told to run on a device.</summary>
[TestFixture]
public sealed class TritonConfigurationTests
{
    private const string Native = "64x128x64x4x4";
    private const string Portable = "16x128x64x4x3";

    private static readonly TritonImages Images = TestImages.Of(
    [
        $"grouped_gemm_bf16_{Native}_gated_even", $"grouped_gemm_bf16_{Native}_plain_even",
        $"grouped_gemm_bf16_{Portable}_gated_any_portable80", $"grouped_gemm_bf16_{Portable}_plain_any_portable80",
        "tiny_gate_up_bf16_4x512x3_gated_even", "tiny_down_bf16_k8_16x512x3_wide",
    ]);

    private static readonly MoeLayerSpec Layer =
        new(new MoeShape(128, 8, 2048, 768), RoutingSpec.For(RoutingMethod.Renormalize), ActivationSpec.Silu);

    [TestCase(90, new[] { TritonChoice.Tiny, $"{Native}+{Native}" })]
    [TestCase(80, new[] { $"{Portable}+{Portable}" })]
    [TestCase(75, new string[0])]
    public void Configurations_OfACapability_AreThoseWhoseKernelsRunOnIt(int capability, string[] expected) =>
        Assert.That(Standard(Images).Configurations(TestDevices.Gpu(capability), Layer, 8), Is.EqualTo(expected));

    [Test]
    public void Configurations_OfEmbeddedImages_EachNameOtherKernels([Values(80, 90)] int capability)
    {
        var images = TritonImages.FromAssembly();
        if (images.Library is null)
        {
            Assert.Ignore("no kernel images are embedded; run tools/build-triton-kernels.py on a machine with Triton.");
        }

        var layer = TestImages.Layer(computeCapability: capability);
        var planner = new TritonPlanner(images, layer, tinyPairs: 0);
        var names = Standard(images).Configurations(TestDevices.Gpu(capability), Layer, 8);

        var kernels = names.Select(n => planner.Choose(8, 8, n)).Select(c => (c.First.Key, c.Second.Key)).ToArray();
        Assert.That(kernels, Is.Not.Empty.And.Unique);
    }

    [Test]
    public void Configurations_LargeExpertsOfACacheThatDoesNotHoldThem_StartWithTheChoiceOfThatDevice()
    {
        var tiles = new[] { "128x256x64x8x3", "128x256x64x8x4" };
        var images = TestImages.Of(tiles.SelectMany(
            t => new[] { $"grouped_gemm_bf16_{t}_gated_even", $"grouped_gemm_bf16_{t}_plain_even" }));

        var small = Standard(images).Configurations(TestDevices.Gpu(90) with { CacheBytes = 1L << 20 }, Layer, 4096);
        var large = Standard(images).Configurations(TestDevices.Gpu(90) with { CacheBytes = 1L << 30 }, Layer, 4096);

        Assert.That((small[0], large[0]), Is.EqualTo(($"{tiles[0]}+{tiles[0]}", $"{tiles[1]}+{tiles[1]}")));
    }

    private static TritonExpertsDescriptor Standard(TritonImages images) =>
        new(new TritonServices(images, Options.Create(new TritonOptions()), [], []));
}
