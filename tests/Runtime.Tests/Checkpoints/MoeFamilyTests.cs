using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Every family in every layout: what config.json describes, and where every element of a rank's weights comes from.
/// </summary>
public sealed class MoeFamilyTests
{
    private static readonly (int Size, int Rank)[] Ranks = [(1, 0), (2, 0), (2, 1)];

    private static readonly (int Size, int Rank)[] UnevenRanks = [(4, 0), (4, 1), (4, 2), (4, 3)];

    [Test]
    public void Cases_CoverEveryModelType() => Assert.That(
        FamilyCase.All.Select(c => c.ModelType).Distinct(),
        Is.EquivalentTo(MoeCheckpoint.KnownModelTypes.Where(t => !t.EndsWith("_text", StringComparison.Ordinal))));

    [Test]
    public void Readme_NamesEveryModelTypeAndTheirNumber()
    {
        var types = MoeCheckpoint.KnownModelTypes.Where(t => !t.EndsWith("_text", StringComparison.Ordinal)).ToArray();
        var readme = File.ReadAllText(Path.Combine(TestData.Root, "..", "..", "README.md")).ReplaceLineEndings(" ");

        Assert.That(readme, Does.Contain(
            $"of {types.Length} values of `model_type` load through `MoeCheckpoint`: {string.Join(", ", types)}."));
    }

    [TestCaseSource(nameof(CasesAndLayouts))]
    public void Spec_OfFamily_IsWhatConfigDescribes(object family, int layout)
    {
        var expected = (FamilyCase)family;
        using var files = new SyntheticCheckpoint(expected, expected.Family.Layouts[layout]);
        using var checkpoint = MoeCheckpoint.Open(files.Folder);
        var spec = checkpoint.Spec(expected.Layer);

        Assert.Multiple(() =>
        {
            Assert.That(checkpoint.Layers, Is.EqualTo(new[] { new MoeCheckpointLayer(expected.Layer, expected.Prefix) }));
            Assert.That(spec.Shape, Is.EqualTo(
                new MoeShape(FamilyCase.Experts, expected.TopK, FamilyCase.Hidden, FamilyCase.Intermediate)));
            Assert.That(spec.Routing, Is.EqualTo(expected.Routing));
            Assert.That(spec.Activation, Is.EqualTo(expected.Activation));
            Assert.That(spec.Features.SharedExperts, Is.EqualTo(expected.Shared));
            Assert.That(spec.Features.RouterWeightOnInput, Is.EqualTo(expected.RouterWeightOnInput));
            Assert.That(spec.Features.HasGateBias, Is.EqualTo(expected.HasGateBias));
            Assert.That(spec.Features.HasExpertBias, Is.EqualTo(expected.HasExpertBias || expected.HasOutputBias));
            Assert.That(spec.WeightDType, Is.EqualTo(DType.Float32));
            Assert.That(spec.ActivationDType, Is.EqualTo(DType.BFloat16));
        });
    }

    [TestCaseSource(nameof(CasesAndLayouts))]
    public void LoadLayer_TensorRanks_GetTheirRowsAndColumns(object family, int layout)
    {
        foreach (var (size, rank) in Ranks)
        {
            Check((FamilyCase)family, layout, new ParallelSpec(tpSize: size, tpRank: rank), (0, FamilyCase.Experts));
        }
    }

    [TestCaseSource(nameof(CasesAndLayouts))]
    public void LoadLayer_ExpertRanks_GetContiguousSharesTheFirstOnesOneMore(object family, int layout)
    {
        (int First, int Count)[] shares = [(0, 2), (2, 2), (4, 1), (5, 1)];
        foreach (var (size, rank) in UnevenRanks)
        {
            Check((FamilyCase)family, layout, new ParallelSpec(epSize: size, epRank: rank), shares[rank]);
        }
    }

    private static IEnumerable<object[]> CasesAndLayouts() => FamilyCase.All.SelectMany(c => Enumerable
        .Range(0, c.Family.Layouts.Count)
        .Where(i => !c.Family.Layouts[i].IsMxfp4)
        .Select(i => new object[] { c, i }));

    private static void Check(FamilyCase family, int layout, ParallelSpec parallel, (int First, int Count) range)
    {
        using var files = new SyntheticCheckpoint(family, family.Family.Layouts[layout]);
        using var checkpoint = MoeCheckpoint.Open(files.Folder);
        foreach (var kind in new[] { DeviceKind.Cpu, DeviceKind.Cuda })
        {
            using var device = new TestDevice(kind);
            using var stream = device.CreateStream();
            using var layer = checkpoint.LoadLayer(family.Layer, device, stream, new() { Parallel = parallel });
            var share = FamilyCase.Intermediate / parallel.TpSize;
            Assert.That(layer.FirstExpert, Is.EqualTo(range.First));
            CheckWeights(layer.Weights.Experts, family, range, share, parallel);
            if (family.Shared is { } shared)
            {
                CheckWeights(
                    layer.Weights.SharedExperts!,
                    family,
                    (FamilyCase.Experts, 1),
                    shared.Intermediate / parallel.TpSize,
                    parallel);
            }
        }
    }

    private static void CheckWeights(
        ExpertWeights weights, FamilyCase family, (int First, int Count) range, int share, ParallelSpec parallel)
    {
        // Shared experts have no biases.
        var hasOutputBias = family.HasOutputBias && range.First < FamilyCase.Experts;
        var (rows, start) = (family.Activation.IsGated ? 2 * share : share, share * parallel.TpRank);
        Assert.That(weights.W13.Shape, Is.EqualTo(new TensorShape(range.Count, rows, FamilyCase.Hidden)));
        Assert.That(weights.W2.Shape, Is.EqualTo(new TensorShape(range.Count, FamilyCase.Hidden, share)));
        for (var e = 0; e < range.Count; e++)
        {
            for (var r = 0; r < rows; r++)
            {
                var (projection, row) = Place(family.Activation, r, share);
                CheckRow(
                    weights.W13,
                    weights.W13Bias,
                    e,
                    r,
                    c => c < 0 && hasOutputBias ? 0 : SyntheticCheckpoint.Value(projection, range.First + e, start + row, c));
            }

            for (var r = 0; r < FamilyCase.Hidden; r++)
            {
                var bias = parallel.TpRank == 0 ? weights.W2Bias : TensorView.None;
                CheckRow(weights.W2, bias, e, r, c => c < 0 && hasOutputBias
                    ? SyntheticCheckpoint.Value(2, 0, r, c)
                    : SyntheticCheckpoint.Value(2, range.First + e, r, c < 0 ? c : start + c));
            }
        }

        Assert.That(weights.W13Bias.IsNone, Is.EqualTo(!family.HasExpertBias && !hasOutputBias));
        if (!weights.W2Bias.IsNone && parallel.TpRank > 0)
        {
            Assert.That(ReferenceLayer.All(weights.W2Bias), Is.All.Zero);
        }
    }

    private static (int Projection, int Row) Place(ActivationSpec activation, int row, int share) =>
        !activation.IsGated ? (1, row)
        : activation.IsInterleaved ? (row % 2, row / 2)
        : (row / share, row % share);

    private static void CheckRow(TensorView weight, TensorView bias, int expert, int row, Func<int, float> expected)
    {
        var columns = (int)weight.Shape[2];
        for (var c = 0; c < columns; c++)
        {
            var actual = Numbers.At(weight, (((expert * weight.Shape[1]) + row) * columns) + c);
            if (actual != expected(c))
            {
                Assert.Fail($"{weight} at expert {expert}, row {row}, column {c} must be {expected(c)}, got {actual}.");
            }
        }

        if (!bias.IsNone)
        {
            Assert.That(Numbers.At(bias, (expert * weight.Shape[1]) + row), Is.EqualTo(expected(-1)), $"bias {expert}, {row}");
        }
    }
}
