using System.Runtime.InteropServices;
using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class DecodeImagesTests
{
    private static readonly KernelEntry[] Kernels =
    [
        .. CutlassImages.FromAssembly().Library.Manifest.Kernels
            .Where(k => k.Stem.EndsWith("_decode", StringComparison.Ordinal)),
    ];

    [Test]
    public void Manifest_EveryTypeAndEpilogue_HasADecodeKernel()
    {
        var wanted =
            from dtype in new[] { DType.BFloat16, DType.Float16 }
            from epilogue in Enum.GetValues<CutlassEpilogue>()
            select CutlassImages.DecodeKey(dtype, epilogue);

        Assert.That(Kernels.Select(k => k.Key), Is.EquivalentTo(wanted));
    }

    [Test]
    public void Manifest_EveryDecodeKernel_GroupsOnePairAThread()
    {
        Assert.That(Kernels.Select(k => k.Threads), Is.All.EqualTo(DecodeHeuristic.MaxPairs));
    }

    [Test]
    public void Plan_OfEveryKernel_StaysWithinItsRing()
    {
        foreach (var kernel in Kernels)
        {
            foreach (var (tokens, rowBytes) in new[] { (1, 0L), (1, 4096L), (8, 65536L) })
            {
                var plan = DecodeHeuristic.Plan(DecodeMemory.From(kernel), tokens, rowBytes);

                Assert.That(plan.Stages, Is.InRange(1, kernel.Constant("max_stages")), $"{kernel.Key}, {tokens} tokens");
                Assert.That(plan.SharedBytes, Is.LessThanOrEqualTo(kernel.SharedBytes), $"{kernel.Key}, {tokens} tokens");
            }
        }
    }

    [Test]
    public unsafe void Arguments_Struct_HasTheKernelsSize()
    {
        Assert.That(Kernels.Select(k => k.ArgumentBytes), Is.All.EqualTo(sizeof(DecodeArgs)));
        Assert.That((int)Marshal.OffsetOf<DecodeArgs>(nameof(DecodeArgs.num_pairs)), Is.EqualTo(56));
        Assert.That((int)Marshal.OffsetOf<DecodeArgs>(nameof(DecodeArgs.beta)), Is.EqualTo(112));
    }
}
