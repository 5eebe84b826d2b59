namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>The results of all schemes over 1, 2 and 4 ranks against a plain computation in double.</summary>
public sealed class DispatchResultTests
{
    private static readonly AllToAllKind[] Kinds = [AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched];

    private static readonly int[][] Splits =
    [
        [7], [0], [1], [4, 3], [0, 5], [5, 0], [0, 0], [3, 0, 7, 1], [0, 0, 0, 2], [7, 7, 7, 7],
    ];

    private static IEnumerable<DispatchCase> PlainCases =>
        from kind in Kinds
        from tokens in Splits
        from leaves in new[] { WeightAndReduceSpec.NoOp, WeightAndReduceSpec.Contiguous }
        where kind != AllToAllKind.Batched || leaves == WeightAndReduceSpec.NoOp
        select new DispatchCase { Kind = kind, Tokens = tokens, Leaves = leaves };

    private static IEnumerable<DispatchCase> MappedCases =>
        from kind in Kinds
        from owners in new int[][]
        {
            [2, 0, 1, 1, 3, 0, 2, 2, 3],
            [0, -1, -1, 3, -1, 0, 3, -1, 0],
            [-1, -1, -1, -1, -1, -1, -1, -1, -1],
        }
        select new DispatchCase { Kind = kind, Tokens = [3, 7, 0, 4], Owners = owners };

    private static IEnumerable<DispatchCase> WeightedCases =>
        from kind in Kinds
        from tokens in new int[][] { [6], [2, 5] }
        from leaves in new[] { WeightAndReduceSpec.NoOp, WeightAndReduceSpec.Contiguous }
        select new DispatchCase { Kind = kind, Tokens = tokens, TopK = 1, RouterWeightOnInput = true, Leaves = leaves };

    private static IEnumerable<DispatchCase> QuantizedCases =>
        from kind in Kinds
        from key in new[] { QuantKeys.Int8DynamicToken, QuantKeys.Int8DynamicTensor }
        from tokens in new int[][] { [6], [0, 5], [3, 2, 7, 4] }
        select new DispatchCase { Kind = kind, Tokens = tokens, Quant = key };

    [TestCaseSource(nameof(PlainCases))]
    [TestCaseSource(nameof(MappedCases))]
    [TestCaseSource(nameof(WeightedCases))]
    public void Finalize_Float32_AgreesWithTheReference(object layer) => Check((DispatchCase)layer, 1e-6);

    [TestCaseSource(nameof(QuantizedCases))]
    public void Finalize_QuantizedInputs_AgreesWithinTheQuantization(object layer) => Check((DispatchCase)layer, 5e-2);

    [Test]
    public void Finalize_BFloat16_AgreesWithinItsRounding(
        [Values(AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched)] AllToAllKind kind,
        [Values] bool contiguous)
    {
        var leaves = contiguous ? WeightAndReduceSpec.Contiguous : WeightAndReduceSpec.NoOp;
        Check(new DispatchCase { Kind = kind, Tokens = [3, 0, 7, 1], DType = DType.BFloat16, Leaves = leaves }, 1e-2);
    }

    [Test]
    public void Finalize_ValidTokens_LeavesOtherRowsUntouched(
        [Values(AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched)] AllToAllKind kind,
        [Values(0, 2)] int valid) =>
        Check(new DispatchCase { Kind = kind, Tokens = [3, 0, 7, 1], ValidTokens = valid }, 1e-6);

    [Test]
    public void Finalize_BatchedWithoutAllToAll_AgreesWithTheReference() =>
        Check(new DispatchCase { Kind = AllToAllKind.None, Tokens = [7] }, 1e-6);

    [TestCaseSource(nameof(PlainCases))]
    public void Finalize_Async_HasTheBitsOfSync(object layer)
    {
        var sync = (DispatchCase)layer;

        Assert.That(DispatchRun.Outputs(sync with { Async = true }), Is.EqualTo(DispatchRun.Outputs(sync)));
    }

    [TestCase(DType.Float32)]
    [TestCase(DType.BFloat16)]
    public void Finalize_Batched_HasTheSameBitsForAnyRanks(DType dtype)
    {
        var one = new DispatchCase { Kind = AllToAllKind.Batched, Tokens = [7], DType = dtype };
        var expected = DispatchRun.Outputs(one)[0];

        foreach (var split in new int[][] { [4, 3], [2, 0, 4, 1] })
        {
            Assert.That(DispatchRun.Outputs(one with { Tokens = split }).SelectMany(o => o), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Finalize_TwoRuns_GiveTheSameBits([Values(AllToAllKind.AllGather, AllToAllKind.AllToAll)] AllToAllKind kind)
    {
        var layer = new DispatchCase { Kind = kind, Tokens = [5, 0, 7, 2], DType = DType.BFloat16 };

        var first = DispatchRun.Outputs(layer);

        Assert.That(DispatchRun.Outputs(layer), Is.EqualTo(first));
    }

    private static void Check(DispatchCase layer, double tolerance) =>
        DispatchRun.AssertAgrees(layer, DispatchRun.Outputs(layer), tolerance);
}
