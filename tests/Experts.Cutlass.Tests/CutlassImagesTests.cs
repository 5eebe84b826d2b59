using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassImagesTests
{
    private static readonly KernelManifest Manifest = CutlassImages.FromAssembly().Library.Manifest;

    private static readonly KernelEntry[] Grouped =
        [.. Manifest.Kernels.Where(k => k.Stem.EndsWith("_grouped_gemm", StringComparison.Ordinal))];

    private static string KernelFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../src/Experts.Cutlass/Kernels"));

    [Test]
    public void Images_EveryKernel_HaveTheManifestsHashAndParameters() =>
        Assert.That(CutlassImages.FromAssembly().Library.Verify, Throws.Nothing);

    [Test]
    public void Manifest_EveryKernel_WasBuiltFromTheSourcesThatAreHere()
    {
        var stale = Manifest.Kernels.Where(k => KernelManifest.HashSources(KernelFolder(), k.Sources) != k.Sha256)
            .Select(k => k.Key);

        Assert.That(stale, Is.Empty, "Run tools/build-cuda-kernels.sh Experts.Cutlass.");
    }

    [Test]
    public void Manifest_EveryTileTypeAndEpilogue_HasAKernel()
    {
        var wanted =
            from dtype in new[] { DType.BFloat16, DType.Float16 }
            from epilogue in Enum.GetValues<CutlassEpilogue>()
            from tile in CutlassTile.All
            select CutlassImages.FirstKey(dtype, epilogue, tile);
        var wantedSecond =
            from dtype in new[] { DType.BFloat16, DType.Float16 }
            from tile in CutlassTile.All
            select CutlassImages.SecondKey(dtype, tile);

        Assert.That(Grouped.Select(k => k.Key), Is.EquivalentTo(wanted.Concat(wantedSecond)));
    }

    [Test]
    public void Manifest_EveryKernel_FitsOneBlockOfComputeCapability90()
    {
        foreach (var kernel in Grouped)
        {
            var key = kernel.Key[(kernel.Key.LastIndexOf('_') + 1)..];
            Assert.Multiple(() =>
            {
                Assert.That(kernel.SharedBytes, Is.InRange(64 << 10, 232448), kernel.Key);
                var tile = CutlassTile.Parse(key)!.Value;
                Assert.That(kernel.Threads, Is.EqualTo(128 * (tile.Consumers + 1)), kernel.Key);
                Assert.That(kernel.Cluster, Is.EqualTo(new[] { tile.ClusterBlocks, 1, 1 }), kernel.Key);
            });
        }
    }

    [Test]
    public unsafe void Arguments_Struct_HasTheKernelsSize()
    {
        Assert.That(Grouped.Select(k => k.ArgumentBytes), Is.All.EqualTo(sizeof(GroupedGemmArgs)));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.sorted_rows_64)), Is.EqualTo(128));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.sorted_rows_16)), Is.EqualTo(256));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.rows)), Is.EqualTo(384));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.ids)), Is.EqualTo(432));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.num_pairs)), Is.EqualTo(464));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.pairs_per_row)), Is.EqualTo(476));
        Assert.That(OffsetOf(nameof(GroupedGemmArgs.beta)), Is.EqualTo(512));

        static int OffsetOf(string field) => (int)Marshal.OffsetOf<GroupedGemmArgs>(field);
    }
}
