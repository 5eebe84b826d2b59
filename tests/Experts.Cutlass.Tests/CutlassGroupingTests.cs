namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassGroupingTests
{
    private const int TopK = 8;
    private const int GlobalExperts = 128;
    private static readonly CutlassTile Narrow = new(64, 1);
    private static readonly CutlassLayer Layer = new(
        new MoeShape(GlobalExperts, TopK, 64, 24), 16, 48, DType.BFloat16, ActivationSpec.Silu);

    private readonly RecordingAlignment _alignment = new();

    [SetUp]
    public void Forget() => _alignment.Calls.Clear();

    [Test]
    public void Group_FewPairs_LeavesThemToTheBlocks()
    {
        var call = Call(32);
        var tables = Grouping().Group(call, Narrow, null!);

        Assert.Multiple(() =>
        {
            Assert.That(_alignment.Calls, Is.Empty);
            Assert.That(tables.Pairs, Is.EqualTo(new CutlassPairs(0x1000, 0x2000, 0x3000, 256, TopK, GlobalExperts)));
            Assert.That(tables with { Pairs = default }, Is.EqualTo(default(CutlassTables)));
        });
    }

    [Test]
    public void Group_ManyPairs_AlignsThem()
    {
        var call = Call(33);
        var tables = Grouping().Group(call, Narrow, null!);

        Assert.Multiple(() =>
        {
            Assert.That(_alignment.Calls, Has.Count.EqualTo(1));
            Assert.That(tables.Pairs, Is.EqualTo(default(CutlassPairs)));
            Assert.That(tables.SortedPairs, Is.EqualTo(_alignment.Calls[0].SortedPairs.Pointer));
            Assert.That(tables.ExpertOffsets, Is.EqualTo(_alignment.Calls[0].ExpertOffsets.Pointer));
        });
    }

    [TestCase("16x1", 256, true)]
    [TestCase("64x1", 1, true)]
    [TestCase("128x1", 256, true)]
    [TestCase("160x1", 256, true)]
    [TestCase("16x1", 257, false)]
    [TestCase("160x2c2", 8, false)]
    [TestCase("16x1", 0, false)]
    public void GroupsInBlocks_PairsAndTile_NeedAThreadAPair(string tile, long pairs, bool expected)
    {
        Assert.That(CutlassGroupingHeuristic.GroupsInBlocks(CutlassTile.Parse(tile)!.Value, pairs), Is.EqualTo(expected));
    }

    [Test]
    public void GroupsInBlocks_EveryTileThatDoes_HasAThreadAPair()
    {
        var kernels = CutlassImages.FromAssembly().Library.Manifest.Kernels;
        foreach (var tile in CutlassTile.All.Where(t => CutlassGroupingHeuristic.GroupsInBlocks(t, 1)))
        {
            var own = kernels.Where(k => k.Key.EndsWith($"_{tile.Key}", StringComparison.Ordinal)).ToArray();
            Assert.That(own, Is.Not.Empty, tile.Key);
            foreach (var kernel in own)
            {
                Assert.That(kernel.Threads, Is.EqualTo(CutlassGroupingHeuristic.MaxPairs), kernel.Key);
                Assert.That(kernel.Cluster, Is.EqualTo(new[] { 1, 1, 1 }), kernel.Key);
            }
        }
    }

    private CutlassGrouping Grouping() => new(Layer, new CutlassWorkspace(Layer, _alignment), _alignment);

    private ExpertsCall Call(int tokens)
    {
        TensorView View(nint address, DType dtype, params long[] shape) =>
            TensorView.Contiguous(address, dtype, new TensorShape(shape), DeviceId.Cuda(0));
        var space = new CutlassWorkspace(Layer, _alignment).Shapes(tokens).Workspace2.Elements;
        return new ExpertsCall
        {
            Output = TensorView.None,
            HiddenStates = View(0x9000, DType.BFloat16, tokens, 64),
            TopKWeights = TensorView.None,
            TopKIds = View(0x1000, DType.Int32, tokens, TopK),
            ExpertMap = View(0x2000, DType.Int32, GlobalExperts),
            ValidTokens = View(0x3000, DType.Int32, 1),
            Weights = null!,
            Workspace13 = TensorView.None,
            Workspace2 = View(0x100000, DType.BFloat16, space),
            GlobalExperts = GlobalExperts,
        };
    }
}
