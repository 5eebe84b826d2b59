using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class CudaManifestTests
{
    private static readonly (string Prefix, Type Args)[] Structs =
    [
        ("sm80_any_activation_", typeof(ActivationArgs)),
        ("sm80_any_alignment_", typeof(AlignmentArgs)),
        ("sm80_f32_router_", typeof(RouterArgs)),
        ("sm80_f32_simulated_router", typeof(SimulatedRouterArgs)),
        ("sm80_any_reduction_", typeof(ReductionArgs)),
        ("sm80_any_permutation_gather", typeof(GatherArgs)),
        ("sm80_any_permutation_scatter", typeof(ScatterArgs)),
        ("sm80_any_elementwise_convert", typeof(ConvertArgs)),
        ("sm80_any_elementwise_accumulate", typeof(AccumulateArgs)),
        ("sm80_any_elementwise_identity", typeof(IdentityArgs)),
        ("sm80_any_elementwise_scale_rows", typeof(ScaleRowsArgs)),
        ("sm80_any_elementwise_pack_top_k", typeof(PackTopKArgs)),
        ("sm80_any_projection_", typeof(ProjectionArgs)),
        ("sm80_any_quantization_", typeof(QuantizationArgs)),
    ];

    private static KernelManifest Manifest => CudaLauncher.Library.Manifest;

    private static IEnumerable<string> Keys => Manifest.Kernels.Select(k => k.Key);

    [TestCaseSource(nameof(Keys))]
    public void ArgumentStruct_EveryKernel_LiesAsParametersDo(string key)
    {
        var entry = Manifest[key];
        var type = Structs.Single(s => key.StartsWith(s.Prefix, StringComparison.Ordinal)).Args;
        var fields = type.GetFields();
        var actual = fields.Select(f => ((int)Marshal.OffsetOf(type, f.Name), Marshal.SizeOf(f.FieldType)));
        Assert.That(actual, Is.EqualTo(entry.Parameters.Select(p => (p.Offset, p.Size))), $"{key}: {type.Name}");
    }

    [Test]
    public void Sources_EveryStem_HaveTheHashOfTheImages()
    {
        var folder = Path.Combine(RepositoryRoot(), "src", "PrepareFinalize", "Kernels");
        foreach (var entry in Manifest.Kernels.DistinctBy(k => k.Stem))
        {
            Assert.That(
                KernelManifest.HashSources(folder, entry.Sources),
                Is.EqualTo(entry.Sha256),
                $"{entry.Stem} is stale; run tools/build-cuda-kernels.sh PrepareFinalize");
        }
    }

    [Test]
    public void Images_EveryKernel_HaveTheManifestsHashAndParameters() =>
        Assert.That(CudaLauncher.Library.Verify, Throws.Nothing);

    [Test]
    public void Entries_EverySource_HasAnImage()
    {
        var folder = Path.Combine(RepositoryRoot(), "src", "PrepareFinalize", "Kernels", "entry");
        var stems = Directory.GetFiles(folder, "*.cu").Select(Path.GetFileNameWithoutExtension);
        Assert.That(Manifest.Kernels.Select(k => k.Stem).Distinct(), Is.EquivalentTo(stems));
    }

    [Test]
    public void Images_EveryKernel_RunOnEightyAndNinety()
    {
        foreach (var entry in Manifest.Kernels)
        {
            Assert.That(entry.ImageFor(90)?.Arch, Is.EqualTo("sm_90a"), entry.Key);
            Assert.That(entry.ImageFor(80)?.Arch, Is.EqualTo("compute_80"), entry.Key);
        }
    }

    [Test]
    public void Keys_EveryActivation_AreInTheManifest()
    {
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            Assert.That(Manifest.Find(CudaActivationOps.KeyOf(kind)), Is.Not.Null, $"{kind}");
        }
    }

    [Test]
    public void Keys_EveryRoutingAndExpertCount_HoldTheExperts()
    {
        RoutingSpec[] routings =
        [
            RoutingSpec.For(RoutingMethod.Default), RoutingSpec.For(RoutingMethod.Custom),
            RoutingSpec.For(RoutingMethod.Default) with { HasHashTable = true },
        ];
        foreach (var routing in routings)
        {
            for (var experts = 1; experts <= CudaTopKRouterDescriptor.MaxExperts; experts++)
            {
                var entry = Manifest[CudaTopKRouter.KeyOf(routing, experts)];
                Assert.That(entry.Constant("max_experts"), Is.GreaterThanOrEqualTo(experts));
                Assert.That(entry.SharedBytes, Is.GreaterThanOrEqualTo(entry.Threads / 32 * experts * sizeof(float)));
            }
        }

        Assert.That(Manifest.Find(CudaTopKRouter.KeyOf(RoutingSpec.For(RoutingMethod.Simulated), 8)), Is.Not.Null);
    }

    [TestCase(0, 0)]
    [TestCase(5120, 5120)]
    [TestCase(5121, 0)]
    public void StagedRows_OfAnAlignment_AreAllOrNone(int capacity, int expected) =>
        Assert.That(CudaExpertAlignment.StagedRows(capacity), Is.EqualTo(expected));

    [TestCase(0, 1, 128)]
    [TestCase(1, 8, 128)]
    [TestCase(600, 8, 320)]
    [TestCase(128, 300, 320)]
    [TestCase(2048, 128, 1024)]
    [TestCase(2048, 1024, 1024)]
    [TestCase(2049, 8, 128)]
    [TestCase(4096, 1024, 1024)]
    [TestCase(32768, 128, 256)]
    [TestCase(131072, 128, 1024)]
    [TestCase(int.MaxValue, 1, 1024)]
    public void Threads_OfAnAlignment_CoverExpertsAndPairs(int pairs, int experts, int expected) =>
        Assert.That(CudaExpertAlignment.Threads(pairs, experts), Is.EqualTo(expected));

    [TestCase(2048, 128, 1)]
    [TestCase(2049, 128, 9)]
    [TestCase(4096, 1024, 2)]
    [TestCase(32768, 128, 64)]
    [TestCase(131072, 128, 64)]
    [TestCase(131073, 128, 65)]
    [TestCase(int.MaxValue, 1, 1 << 20)]
    public void Chunks_OfAnAlignment_AreOneOrAboutSixtyFourUntilBlocksAreFull(int pairs, int experts, int expected) =>
        Assert.That(CudaExpertAlignment.Chunks(pairs, experts), Is.EqualTo(expected));

    // Pairs beyond those that the blocks' threads walk would be left out.
    [Test]
    public void Threads_OfEveryChunk_WalkAllPairs()
    {
        var entry = Manifest["sm80_any_alignment_whole"];
        var each = entry.Constant("chunk_pairs") / entry.Threads;
        var numbers = Enumerable.Range(0, 200_000);
        Assert.That(numbers.Where(pairs => Walked(pairs, 1) < pairs || Walked(pairs, 700) < pairs), Is.Empty);

        int Walked(int pairs, int experts) =>
            CudaExpertAlignment.Chunks(pairs, experts) * CudaExpertAlignment.Threads(pairs, experts) * each;
    }

    // The bytes of kAlignSharedBytes in sm80_any_alignment.cu: one layout on both sides.
    [Test]
    public void SharedBytes_MostExpertsAndRows_AreWhatTheKernelDeclares()
    {
        var entry = Manifest["sm80_any_alignment_whole"];
        var staged = CudaExpertAlignment.StagedRows(entry.Constant("staged_rows"));
        var most = CudaExpertAlignment.MaxExperts;
        Assert.That(CudaExpertAlignment.SharedBytes(most, most, staged), Is.EqualTo(entry.SharedBytes));
        Assert.That(CudaExpertAlignment.SharedBytes(most, most + 1, staged), Is.LessThan(entry.SharedBytes), "a longer map");
    }

    // Blocks have 99 KiB at most on compute capability 8.6, 8.9 and 12.0; 1 KiB is left for what a kernel declares itself. A
    // kernel that asks for more does not load there, however little a call needs.
    [Test]
    public void SharedBytes_OfAPortableKernel_FitTheSmallestDevice() => Assert.That(
        Manifest.Kernels.Where(k => k.Images.Any(i => i.IsPtx) && k.SharedBytes > 98 << 10).Select(k => k.Key), Is.Empty);

    [TestCase(0, 2048, 1, 256, Description = "No token, no block.")]
    [TestCase(1, 8, 1, 32)]
    [TestCase(1, 2048, 1, 256)]
    [TestCase(1, 2049, 2, 256)]
    [TestCase(1, 7168, 4, 256)]
    [TestCase(512, 7168, 2, 256)]
    [TestCase(513, 7168, 1, 256)]
    [TestCase(16384, 7168, 1, 256)]
    public void Shape_OfAReduction_SharesColumnsWhereTokensAreFew(int tokens, int columns, int parts, int threads)
    {
        var most = Manifest["sm80_any_reduction_pair_order"].Threads;
        Assert.That(
            CudaReduction.Shape(tokens, columns, most), Is.EqualTo(new KernelLaunch(tokens, parts) { Threads = threads }));
    }

    [Test]
    public void Images_Together_StayUnderFourMebibytes()
    {
        var folder = Path.Combine(RepositoryRoot(), "src", "PrepareFinalize", "Kernels", "images");
        Assert.That(Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length), Is.LessThan(4 << 20));
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Plugins.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        if (folder is null)
        {
            Assert.Ignore("the sources are not beside the tests");
        }

        return folder!;
    }
}
