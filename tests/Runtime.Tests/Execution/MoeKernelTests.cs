using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Execution;

public sealed class MoeKernelTests
{
    [Test]
    public void Apply_GateOnly_ProjectsRoutesAndMatchesTheFormula()
    {
        using var setup = new KernelSetup();
        var call = setup.Call(5);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
        Assert.That(setup.Log.Entries, Is.EqualTo(new[] { "project", "route", "prepare", "experts cpu 5", "finalize" }));
    }

    [Test]
    public void Apply_ProfilerThatTakesRanges_MarksEveryStep()
    {
        using var setup = new KernelSetup();
        setup.Host.Ranges.IsMarking = true;

        setup.Kernel.Apply(setup.Call(5), setup.Stream);

        Assert.That(setup.Log.Entries, Is.EqualTo(new[]
        {
            "begin Route", "project", "route", "end", "begin Prepare", "prepare", "end", "begin Experts", "experts cpu 5",
            "end",
            "begin Finalize", "finalize", "end",
        }));
    }

    [Test]
    public void Apply_IdsGiven_SkipsTheRouter()
    {
        using var setup = new KernelSetup();
        var ids = setup.Tensors.Ints([0, 1, 3, -1], 2, 2);
        var weights = setup.Tensors.Floats([0.5f, 0.25f, 2f, 9f], 2, 2);
        var call = Copy(setup.Call(2), ids, weights);

        setup.Kernel.Apply(call, setup.Stream);

        var expected = new float[8];
        ExpertMath.Add(call.HiddenStates.AsSpan<float>()[8..], setup.Weights.Experts, 3, 2f, expected, new float[8]);
        Assert.That(call.Output.AsSpan<float>()[8..].ToArray(), Is.EqualTo(expected).Within(1e-5f));
        Assert.That(setup.Log.Entries, Has.None.EqualTo("route"));
    }

    [Test]
    public void Apply_LogitsGiven_SkipsTheProjection()
    {
        using var setup = new KernelSetup();
        var call = setup.Call(3);

        setup.Kernel.Apply(call with { RouterLogits = setup.Tensors.RandomFloats(3, 4) }, setup.Stream);

        Assert.That(setup.Log.Entries, Has.None.EqualTo("project").And.Some.EqualTo("route"));
    }

    [Test]
    public void Apply_FinishedRowsOfOneRank_LetsExpertsWriteTheCallersOutput()
    {
        using var setup = new KernelSetup();
        var call = setup.Call(3);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(setup.Scheme.Created!.FinalizedExpertOutput, Is.EqualTo(call.Output));
    }

    [Test]
    public void Apply_ContiguousExperts_FinalizeWeighsAndSums()
    {
        using var setup = new KernelSetup(
            experts: log => new FakeExpertsDescriptor("cpu", log) { WeightAndReduce = WeightAndReduceSpec.Contiguous });
        var call = setup.Call(4);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
    }

    [Test]
    public void Apply_PrepareDispatches_FinalizeGetsTheDispatchedIds()
    {
        using var setup = new KernelSetup(
            scheme: log => new FakeSchemeDescriptor("local", log) { Dispatches = true },
            experts: log => new FakeExpertsDescriptor("cpu", log) { WeightAndReduce = WeightAndReduceSpec.Contiguous });
        var ids = setup.Tensors.Ints([0, 1], 1, 2);
        var weights = setup.Tensors.Floats([0.5f, 0.25f], 1, 2);
        var call = Copy(setup.Call(1), ids, weights);

        setup.Kernel.Apply(call, setup.Stream);

        var finalized = setup.Scheme.Created!.FinalizedIds;
        Assert.That(finalized.AsSpan<int>().ToArray(), Is.EqualTo(new[] { 1, 0 }));
        var expected = new float[8];
        ExpertMath.Add(call.HiddenStates.AsSpan<float>(), setup.Weights.Experts, 0, 0.5f, expected, new float[8]);
        ExpertMath.Add(call.HiddenStates.AsSpan<float>(), setup.Weights.Experts, 1, 0.25f, expected, new float[8]);
        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(expected).Within(1e-5f));
    }

    [Test]
    public void Apply_NoRowArrives_SkipsExpertsButNotFinalize()
    {
        using var setup = new KernelSetup(scheme: log => new FakeSchemeDescriptor("local", log) { DropsEverything = true });
        var call = setup.Call(2);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(setup.Log.Entries, Is.EqualTo(new[] { "project", "route", "prepare", "finalize" }));
        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.All.EqualTo(0f));
    }

    [Test]
    public void Apply_ZeroTokens_RunsPrepareAndFinalizeOnly()
    {
        using var setup = new KernelSetup();

        setup.Kernel.Apply(setup.Call(0), setup.Stream);

        Assert.That(setup.Log.Entries, Is.EqualTo(new[] { "prepare", "finalize" }));
    }

    [Test]
    public void Apply_Async_WaitsForArrivalAndOverlapsSharedExpertsWithTheCombine()
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: false), log => new FakeSchemeDescriptor("local", log) { IsAsync = true });
        var call = setup.Call(2);

        setup.Kernel.Apply(call, setup.Stream);

        var steps = setup.Log.Entries.Where(e => e.Contains('0') || e is "accumulate" or "experts cpu 2");
        Assert.That(steps, Is.EqualTo(new[]
        {
            "begin prepare 0", "arrive 0", "receive prepare 0", "experts cpu 2", "begin finalize 0",
            "begin prepare 0", "arrive 0", "receive prepare 0", "experts cpu 2", "begin finalize 0", "arrive 0",
            "receive finalize 0",
            "arrive 0", "receive finalize 0", "accumulate",
        }));
        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Apply_SharedExperts_AreAddedOnce(bool hasGate)
    {
        using var setup = new KernelSetup(Layers.Shared(hasGate));
        var call = setup.Call(4);
        var before = call.HiddenStates.AsSpan<float>().ToArray();

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
        Assert.That(call.HiddenStates.AsSpan<float>().ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void Apply_ValidTokensWithSharedExperts_AddsThemToLiveRowsOnly()
    {
        using var setup = new KernelSetup(Layers.Shared(hasGate: false));
        var call = setup.Call(4);
        var all = setup.Expected(call.HiddenStates);
        var count = setup.Tensors.Ints([3], 1);

        setup.Kernel.Apply(call with { ValidTokens = count }, setup.Stream);

        var width = (int)call.Output.Shape[1];
        Assert.That(call.Output.AsSpan<float>()[..(3 * width)].ToArray(), Is.EqualTo(all[..(3 * width)]).Within(1e-5f));
        Assert.That(call.Output.AsSpan<float>()[(3 * width)..].ToArray(), Is.Not.EqualTo(all[(3 * width)..]).Within(1e-5f));
    }

    [TestCase(0, true)]
    [TestCase(1, false)]
    public void Apply_UnreducedExpertParallelRank_OnlyTheFirstAddsSharedExperts(int rank, bool adds)
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: false),
            deployment: d => d with { Parallel = new ParallelSpec(epSize: 2, epRank: rank) },
            localExperts: 2);

        setup.Kernel.Apply(setup.Call(2), setup.Stream);

        Assert.That(setup.Log.Entries.Contains("accumulate"), Is.EqualTo(adds));
    }

    [Test]
    public void Apply_ReducedExpertParallelRank_AddsSharedExpertsOnEveryRank()
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: false),
            log => new FakeSchemeDescriptor("local", log) { OutputIsReduced = true },
            deployment: d => d with { Parallel = new ParallelSpec(epSize: 2, epRank: 1) },
            localExperts: 2);

        setup.Kernel.Apply(setup.Call(2), setup.Stream);

        Assert.That(setup.Log.Entries, Has.Some.EqualTo("accumulate"));
    }

    [Test]
    public void ApplyInterleaved_Async_EqualsTwoCallsInTheFixedOrder()
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: true), log => new FakeSchemeDescriptor("local", log) { IsAsync = true });
        var (first, second) = (setup.Call(3), setup.Call(2));

        setup.Kernel.ApplyInterleaved(first, second, setup.Stream);

        var steps = setup.Log.Entries.Where(e => e.EndsWith('1') || e.StartsWith("experts", StringComparison.Ordinal));
        Assert.That(steps, Is.EqualTo(new[]
        {
            "begin prepare 1", "experts cpu 3", "experts cpu 3", "arrive 1", "receive prepare 1", "experts cpu 2",
            "begin finalize 1",
            "experts cpu 2", "arrive 1", "receive finalize 1",
        }));
        var (one, two) = (first.Output.AsSpan<float>().ToArray(), second.Output.AsSpan<float>().ToArray());
        setup.Kernel.Apply(first, setup.Stream);
        setup.Kernel.Apply(second, setup.Stream);
        Assert.That(one, Is.EqualTo(first.Output.AsSpan<float>().ToArray()));
        Assert.That(two, Is.EqualTo(second.Output.AsSpan<float>().ToArray()));
        Assert.That(one, Is.EqualTo(setup.Expected(first.HiddenStates)).Within(1e-5f));
    }

    [Test]
    public void ApplyInterleaved_NotAsync_RunsOneAfterTheOther()
    {
        using var setup = new KernelSetup();

        setup.Kernel.ApplyInterleaved(setup.Call(1), setup.Call(2), setup.Stream);

        Assert.That(setup.Log.Entries, Is.EqualTo(new[]
        {
            "project", "route", "prepare", "experts cpu 1", "finalize", "project", "route", "prepare", "experts cpu 2",
            "finalize",
        }));
    }

    [Test]
    public void Apply_Deferred_ReturnsTheUnfinalizedResult()
    {
        using var setup = new KernelSetup(
            scheme: log => new FakeSchemeDescriptor("local", log) { CanDefer = true },
            experts: log => new FakeExpertsDescriptor("cpu", log) { CanDeferFinalize = true },
            deployment: d => d with { DeferFinalize = true });

        var result = setup.Kernel.Apply(setup.Call(2), setup.Stream);

        Assert.That(result.IsUnfinalized, Is.True);
        Assert.That(setup.Log.Entries, Has.None.EqualTo("finalize"));
    }

    [Test]
    public void Apply_DeferredButTheSchemeCannot_Finalizes()
    {
        using var setup = new KernelSetup(
            experts: log => new FakeExpertsDescriptor("cpu", log) { CanDeferFinalize = true },
            deployment: d => d with { DeferFinalize = true });

        Assert.That(setup.Kernel.Apply(setup.Call(2), setup.Stream).IsUnfinalized, Is.False);
    }

    [Test]
    public void Apply_ExpertMap_ContributesLocalExpertsOnly()
    {
        using var setup = new KernelSetup(deployment: d => d with { ExpertMap = [-1, 1, -1, 0] }, localExperts: 2);
        var call = Copy(setup.Call(1), setup.Tensors.Ints([1, 2], 1, 2), setup.Tensors.Floats([0.5f, 9f], 1, 2));

        setup.Kernel.Apply(call, setup.Stream);

        var expected = new float[8];
        ExpertMath.Add(call.HiddenStates.AsSpan<float>(), setup.Weights.Experts, 1, 0.5f, expected, new float[8]);
        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(expected).Within(1e-5f));
    }

    [Test]
    public void Apply_MonolithicWithValidTokens_TellsTheSchemeHowMany()
    {
        using var setup = new KernelSetup(
            scheme: log => new FakeSchemeDescriptor("local-monolithic", log) { IsMonolithic = true },
            experts: log => new FakeExpertsDescriptor("cpu-monolithic", log) { IsMonolithic = true });

        setup.Kernel.Apply(setup.Call(3) with { ValidTokens = setup.Tensors.Ints([2], 1) }, setup.Stream);

        Assert.That(setup.Log.Entries[^1], Is.EqualTo("finalize 2"));
    }

    [Test]
    public void Apply_Monolithic_RoutesInside()
    {
        using var setup = new KernelSetup(
            scheme: log => new FakeSchemeDescriptor("local-monolithic", log) { IsMonolithic = true },
            experts: log => new FakeExpertsDescriptor("cpu-monolithic", log) { IsMonolithic = true });
        var call = setup.Call(2);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(setup.Log.Entries, Is.EqualTo(new[] { "project", "prepare", "monolithic", "finalize" }));
        Assert.That(call.Output.AsSpan<float>().ToArray(), Has.None.NaN);
    }

    [Test]
    public void Apply_AfterTheFirstCall_AllocatesNothing()
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: true), log => new FakeSchemeDescriptor("local", log) { IsAsync = true });
        setup.Log.IsOn = false;
        var (first, second) = (setup.Call(5), setup.Call(3));
        setup.Kernel.Apply(first, setup.Stream);
        setup.Kernel.ApplyInterleaved(first, second, setup.Stream);
        var device = setup.Host.Device.Allocations;
        var before = GC.GetAllocatedBytesForCurrentThread();

        setup.Kernel.Apply(first, setup.Stream);
        setup.Kernel.ApplyInterleaved(first, second, setup.Stream);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(setup.Host.Device.Allocations, Is.EqualTo(device));
    }

    [Test]
    public void OutputIsReduced_OneRank_IsTrue()
    {
        using var setup = new KernelSetup();

        Assert.That(setup.Kernel.OutputIsReduced, Is.True);
    }

    [Test]
    public void OutputIsReduced_TwoTensorRanks_IsFalse()
    {
        using var setup = new KernelSetup(deployment: d => d with { Parallel = new ParallelSpec(tpSize: 2) });
        setup.Weights = setup.Weights with { Experts = setup.Tensors.Experts(4, setup.Layer, 3) };

        Assert.That(setup.Kernel.OutputIsReduced, Is.False);
        Assert.That(setup.Experts.Contexts.Single().Layer.Shape.Intermediate, Is.EqualTo(3));
    }

    private static MoeKernelCall Copy(MoeKernelCall call, TensorView ids, TensorView weights) =>
        call with { TopKIds = ids, TopKWeights = weights };
}
