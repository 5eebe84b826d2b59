using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class EmbeddedManifestTests
{
    private TritonImages _images = null!;
    private KernelManifest _manifest = null!;

    [OneTimeSetUp]
    public void ReadManifest()
    {
        _images = TritonImages.FromAssembly();
        if (_images.Library is null)
        {
            Assert.Ignore("no kernel images are embedded; run tools/build-triton-kernels.py on a machine with Triton.");
        }

        _manifest = _images.Library!.Manifest;
    }

    [Test]
    public void Sources_OfEveryKernel_HaveTheHashTheyWereBuiltFrom()
    {
        foreach (var group in _manifest.Kernels.GroupBy(k => string.Join(' ', k.Sources)))
        {
            var hash = KernelManifest.HashSources(KernelSources.Folder, group.First().Sources);
            Assert.That(group.Select(k => k.Sha256).Distinct(), Is.EqualTo(new[] { hash }),
                $"{group.Key} changed since its images were built; run tools/build-triton-kernels.py.");
        }
    }

    [Test]
    public void Images_OfEveryKernel_HaveTheManifestsHashAndParameters() =>
        Assert.That(_images.Library!.Verify, Throws.Nothing);

    [Test]
    public void Images_OfEveryKernel_AreEmbeddedAndUnderTheSharedMemoryLimit()
    {
        var names = typeof(TritonPlugin).Assembly.GetManifestResourceNames().ToHashSet();
        foreach (var kernel in _manifest.Kernels)
        {
            Assert.That(kernel.Images, Is.Not.Empty, kernel.Key);
            Assert.That(kernel.SharedBytes, Is.LessThanOrEqualTo(232448), kernel.Key);
            foreach (var image in kernel.Images)
            {
                Assert.That(names, Does.Contain("Kernels/" + image.File));
            }
        }
    }

    [Test]
    public void ArgumentBytes_OfEveryKernel_AreThoseOfItsStruct()
    {
        foreach (var kernel in _manifest.Kernels)
        {
            Assert.That(kernel.ArgumentBytes, Is.EqualTo(SizeOf(kernel.Stem)), kernel.Key);
        }
    }

    [Test]
    public void Choose_EveryShapeOfTheManifest_HasAnImage()
    {
        foreach (var (hidden, intermediate) in new[] { (2048, 768), (4096, 14336), (2880, 2880), (77, 33), (7168, 2048) })
        {
            foreach (var tokens in new[] { 1, 4, 16, 64, 256, 1024, 4096, 16384 })
            {
                var planner = new TritonPlanner(_images, TestImages.Layer(hidden, intermediate), 16);
                var choice = planner.Choose(tokens, tokens, null);
                Assert.That(_images.Has(choice.First.Key, 90) && _images.Has(choice.Second.Key, 90), Is.True, $"{choice}");
                Assert.That(planner.SumKey, Is.Not.Null);
            }
        }
    }

    private static unsafe int SizeOf(string stem) => stem switch
    {
        "grouped_gemm" => sizeof(GroupedGemmArgs),
        "scaled_gemm" => sizeof(ScaledGemmArgs),
        "weight_only_gemm" => sizeof(WeightOnlyGemmArgs),
        "tiny_gate_up" => sizeof(TinyGateUpArgs),
        "tiny_down" => sizeof(TinyDownArgs),
        "weighted_sum" => sizeof(WeightedSumArgs),
        "activate_rows" => sizeof(ActivateRowsArgs),
        _ => throw new ArgumentOutOfRangeException(nameof(stem), stem, "Unknown kernel."),
    };
}
