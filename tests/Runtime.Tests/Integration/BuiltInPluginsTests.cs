using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Integration;

/// <summary>
/// Real stages in real load contexts; what they compute is the conformance suite's business, that they chain is ours.
/// </summary>
public sealed class BuiltInPluginsTests
{
    private BuiltInHost _host = null!;
    private Tensors _tensors = null!;

    [OneTimeSetUp]
    public void LoadPlugins()
    {
        _host = new BuiltInHost();
        _tensors = new Tensors(_host.Device);
    }

    [OneTimeTearDown]
    public void Unload()
    {
        _tensors.Dispose();
        _host.Dispose();
    }

    [Test]
    public void Catalog_BuiltInAndSamplePlugins_AllLoad()
    {
        Assert.That(_host.Catalog.Plugins.Select(p => p.Failure), Is.All.Null);
        Assert.That(_host.Catalog.Stages.Select(s => s.Name), Is.SupersetOf(new[]
        {
            "topk", "all-gather", "all-to-all", "batched", "local", "local-monolithic", "cpu", "cpu-batched", "cpu-monolithic",
            "reference", "sample", "sample-wrong",
        }));
    }

    [Test]
    public void Priority_Defaults_ListEveryBuiltInStage()
    {
        var priority = new PriorityOptions();
        var listed = priority.Router.Concat(priority.PrepareAndFinalize).Concat(priority.Experts);
        var builtIn = _host.Catalog.Stages.Select(s => s.Name).Where(n => !n.StartsWith("sample", StringComparison.Ordinal));

        Assert.That(builtIn, Is.SubsetOf(listed));
    }

    [TestCase("cpu")]
    [TestCase("reference")]
    [TestCase("sample")]
    [TestCase("cpu-monolithic")]
    public void Apply_EachBackend_AgreesWithTheFormula(string experts)
    {
        var layer = Layers.Shared(hasGate: true);
        var problem = new RealLayer(_tensors, layer, rows: 7);

        Assert.That(Run(problem, experts), Is.EqualTo(problem.Expected()).Within(1e-4f));
    }

    [Test]
    public void Apply_WrongSample_DisagreesWithTheFormula()
    {
        var problem = new RealLayer(_tensors, Layers.Plain(), rows: 7);
        var (expected, actual) = (problem.Expected(), Run(problem, "sample-wrong"));

        Assert.That(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max(), Is.GreaterThan(1e-2f));
    }

    [TestCase(AllToAllKind.AllGather, "cpu")]
    [TestCase(AllToAllKind.AllToAll, "cpu")]
    [TestCase(AllToAllKind.AllToAll, "sample")]
    [TestCase(AllToAllKind.Batched, "cpu-batched")]
    public void Apply_TwoRanks_EachHasItsTokensDone(AllToAllKind kind, string experts)
    {
        var layer = Layers.Shared(hasGate: false);
        var problem = new RealLayer(_tensors, layer, rows: 12);
        int[] rows = [9, 3];
        var group = _host.Groups.CreateGroup(2);
        var outputs = new float[2][];

        OnTwoThreads(rank =>
            outputs[rank] = RunRank(problem, experts, kind, group[rank], (rank * rows[0], rows[rank])));

        Assert.That(outputs[0].Concat(outputs[1]), Is.EqualTo(problem.Expected()).Within(1e-4f));
    }

    [Test]
    public void ApplyInterleaved_TwoRanks_EqualsTwoCallsBitForBit()
    {
        var problem = new RealLayer(_tensors, Layers.Shared(hasGate: true), rows: 12);
        var group = _host.Groups.CreateGroup(2);
        var equal = new bool[2];

        OnTwoThreads(rank =>
        {
            using var kernel = Build(problem, "cpu", AllToAllKind.AllToAll, group[rank], rank);
            using var stream = _host.Device.CreateStream();
            var (first, second) = (problem.Call(rank * 6, 4), problem.Call((rank * 6) + 4, 2));
            kernel.ApplyInterleaved(first, second, stream);
            var (one, two) = (first.Output.AsSpan<float>().ToArray(), second.Output.AsSpan<float>().ToArray());
            kernel.Apply(first, stream);
            kernel.Apply(second, stream);
            equal[rank] = one.AsSpan().SequenceEqual(first.Output.AsSpan<float>())
                && two.AsSpan().SequenceEqual(second.Output.AsSpan<float>());
        });

        Assert.That(equal, Is.All.True);
    }

    // Ranks wait for each other: each needs a thread of its own, whatever the pool would give.
    private static void OnTwoThreads(Action<int> run)
    {
        var tasks = new[] { 0, 1 }.Select(r => Task.Factory.StartNew(
            () => run(r), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Task.WaitAll([.. tasks]);
    }

    private float[] Run(RealLayer problem, string experts)
    {
        var plan = _host.Composer.Compose(problem.Layer, _host.Deployment, new StageSelection(Experts: experts));
        using var kernel = _host.Composer.Build(plan, problem.Weights);
        using var stream = _host.Device.CreateStream();
        var call = problem.Call(0, problem.Rows);
        kernel.Apply(call, stream);
        return call.Output.AsSpan<float>().ToArray();
    }

    private float[] RunRank(
        RealLayer problem, string experts, AllToAllKind kind, ICommunicator communicator, (int First, int Count) rows)
    {
        using var kernel = Build(problem, experts, kind, communicator, communicator.Rank);
        using var stream = _host.Device.CreateStream();
        var call = problem.Call(rows.First, rows.Count);
        kernel.Apply(call, stream);
        return call.Output.AsSpan<float>().ToArray();
    }

    private IMoeKernel Build(RealLayer problem, string experts, AllToAllKind kind, ICommunicator communicator, int rank)
    {
        var deployment = _host.Deployment with
        {
            Parallel = new ParallelSpec(dpSize: 2, dpRank: rank, epSize: 2, epRank: rank, allToAll: kind),
        };
        var plan = _host.Composer.Compose(problem.Layer, deployment, new StageSelection(Experts: experts));
        return _host.Composer.Build(plan, problem.OfRank(rank, 2), new KernelBuildOptions { Communicator = communicator });
    }
}
