using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Execution;

/// <summary>Layers with experts that give back their input.</summary>
public sealed class IdentityExpertsTests
{
    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public void Apply_AnyScheme_AddsTheInputTimesTheirWeights(bool isAsync, bool dispatches)
    {
        using var setup = new KernelSetup(
            Layers.Identity(),
            log => new FakeSchemeDescriptor("local", log) { IsAsync = isAsync, Dispatches = dispatches, CanDefer = true },
            deployment: d => d with { DeferFinalize = true });
        var call = setup.Call(7);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
        Assert.That(setup.Log.Entries.Count(e => e == "identity"), Is.EqualTo(1));
    }

    [Test]
    public void Apply_WithSharedExperts_AddsBoth()
    {
        using var setup = new KernelSetup(Layers.Identity(Layers.Features with { SharedExperts = new(10) }));
        var call = setup.Call(5);

        setup.Kernel.Apply(call, setup.Stream);

        Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
    }

    [Test]
    public void ApplyInterleaved_Async_AddsToEachCallItsOwn()
    {
        using var setup = new KernelSetup(
            Layers.Identity(), log => new FakeSchemeDescriptor("local", log) { IsAsync = true });
        var (first, second) = (setup.Call(6), setup.Call(4));

        setup.Kernel.ApplyInterleaved(first, second, setup.Stream);

        foreach (var call in new[] { first, second })
        {
            Assert.That(call.Output.AsSpan<float>().ToArray(), Is.EqualTo(setup.Expected(call.HiddenStates)).Within(1e-5f));
        }
    }

    [TestCase(0, false, true)]
    [TestCase(1, false, false)]
    [TestCase(1, true, true)]
    public void Apply_ExpertParallelRank_AddsThemOnceInTheSumOfTheRanks(int rank, bool isReduced, bool adds)
    {
        using var setup = new KernelSetup(
            Layers.Identity(),
            log => new FakeSchemeDescriptor("local", log) { OutputIsReduced = isReduced },
            deployment: d => d with { Parallel = new ParallelSpec(epSize: 2, epRank: rank) },
            localExperts: 2);

        setup.Kernel.Apply(setup.Call(2), setup.Stream);

        Assert.That(setup.Log.Entries.Contains("identity"), Is.EqualTo(adds));
    }

    [Test]
    public void Compose_RouterAlone_SeesThemAsExperts()
    {
        using var setup = new KernelSetup(Layers.Identity());

        Assert.That(setup.Plan.Layer, Is.EqualTo(setup.Layer));
        Assert.That(
            () => setup.Kernel.Apply(
                setup.Call(1) with { RouterLogits = setup.Tensors.RandomFloats(1, 4) }, setup.Stream),
            Throws.ArgumentException.With.Message.Contains("[1, 9]"));
    }

    [Test]
    public void Compose_TensorParallel_IsRefused()
    {
        using var setup = new KernelSetup(
            Layers.Identity(), deployment: d => d with { Parallel = new ParallelSpec(tpSize: 2) });

        Assert.That(
            () => setup.Plan,
            Throws.ArgumentException.With.Message.Contains("identity experts must be 0 with tensor parallelism, got 5"));
    }

    [Test]
    public void Compose_MonolithicExperts_AreRefusedWithTheReason()
    {
        using var host = new FakeHost(
        [
            new FakeRouterDescriptor("topk"),
            new FakeSchemeDescriptor("whole") { IsMonolithic = true },
            new FakeExpertsDescriptor("whole") { IsMonolithic = true },
        ]);

        var plan = host.Composer.Compose(Layers.Identity(), host.Deployment);

        Assert.That(plan.IsRunnable, Is.False);
        Assert.That(
            plan.Candidates.SelectMany(c => c.Refusals).Select(r => r.ToString()),
            Has.Some.Contains("identity experts of monolithic experts must be 0, got 5"));
    }

    [Test]
    public void Layer_InOneLine_NamesThem()
    {
        Assert.That($"{Layers.Identity()}", Is.EqualTo($"{Layers.Plain()}, 5 identity experts"));
    }

    [TestCase(65_533)]
    [TestCase(int.MaxValue)]
    public void Layer_WithMoreExpertsThanRoutersKnow_IsRefused(int identities)
    {
        var plain = Layers.Plain();

        Assert.That(
            () => new MoeLayerSpec(
                plain.Shape, plain.Routing with { IdentityExperts = identities }, plain.Activation, plain.Features),
            Throws.ArgumentException.With.Message.EndsWith(
                $"experts and identity experts must be at most 65536 together, got 4 and {identities}."));
    }

    [Test]
    public void RoutingSpec_WithWhatCannotBe_NamesIt()
    {
        Assert.That(
            new RoutingSpec { IdentityExperts = -1 }.Problems(8, 2),
            Is.EqualTo(new[] { "identity experts must be at least 0, got -1" }));
        Assert.That(
            new RoutingSpec { IdentityExperts = 3, FusedSharedExperts = 1 }.Problems(8, 2),
            Has.Some.EqualTo("identity experts must be 0 with fused shared experts or groups, got 3 with 1 and 1 groups"));
    }
}
