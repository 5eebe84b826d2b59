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
            from key in Enum.GetValues<CutlassEpilogue>().Select(e => CutlassImages.DecodeKey(dtype, e))
                .Append(CutlassImages.DecodeDownKey(dtype))
            select key;

        Assert.That(Kernels.Select(k => k.Key), Is.EquivalentTo(wanted));
    }

    [Test]
    public void Manifest_EveryDecodeKernel_GroupsOnePairAThread()
    {
        Assert.That(Kernels.Select(k => k.Threads), Is.All.EqualTo(DecodeHeuristic.MaxPairs));
    }

    // Both products of a layer are planned by the sizes of its first one.
    [Test]
    public void Memory_OfEveryKernel_IsDividedAlike()
    {
        Assert.That(Kernels.Select(DecodeMemory.From).Distinct().ToArray(), Has.Length.EqualTo(1));
    }

    [Test]
    public void Plan_OfEveryKernel_StaysWithinItsRing()
    {
        foreach (var kernel in Kernels)
        {
            var memory = DecodeMemory.From(kernel);
            DecodePlan[] plans =
            [
                DecodeHeuristic.First(memory, 1, 4096), DecodeHeuristic.First(memory, 8, 65536),
                DecodeHeuristic.Second(memory, 8, 2048, 132), DecodeHeuristic.Second(memory, 256, 16384, 16),
            ];
            foreach (var plan in plans)
            {
                Assert.That(plan.Stages, Is.InRange(1, kernel.Constant("max_stages")), $"{kernel.Key}, {plan}");
                Assert.That(plan.SharedBytes, Is.LessThanOrEqualTo(kernel.SharedBytes), $"{kernel.Key}, {plan}");
            }
        }
    }

    [Test]
    public unsafe void Arguments_Struct_HasTheKernelsSize()
    {
        Assert.That(Kernels.Select(k => k.ArgumentBytes), Is.All.EqualTo(sizeof(DecodeArgs)));
        Assert.That((int)Marshal.OffsetOf<DecodeArgs>(nameof(DecodeArgs.num_pairs)), Is.EqualTo(64));
        Assert.That((int)Marshal.OffsetOf<DecodeArgs>(nameof(DecodeArgs.beta)), Is.EqualTo(120));
    }
}
