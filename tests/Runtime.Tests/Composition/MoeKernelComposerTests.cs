using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Composition;

public sealed class MoeKernelComposerTests
{
    private static readonly Support Alignment =
        Support.No(RefusalCodes.HiddenAlignment, "hidden size", "a multiple of 128", "8", "choose 'cpu'");

    [Test]
    public void Compose_SeveralCanRun_TakesFirstOfPriorityList()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("zeta"), new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain?.ToString(), Is.EqualTo("topk -> local -> cpu -> local"));
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Priority));
            Assert.That(plan.Because, Is.EqualTo("first of 2 that can run in the priority list cpu, zeta"));
            Assert.That(Note(plan, "zeta"), Is.EqualTo("can run; comes after the chosen one"));
        });
    }

    [Test]
    public void Compose_ConfiguredPriority_ReplacesTheDefaultOrder()
    {
        var settings = new Dictionary<string, string?> { ["Composer:Priority:Experts:0"] = "zeta" };
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("zeta")], settings);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(plan.Chain!.Experts[0].Experts.Name, Is.EqualTo("zeta"));
    }

    [Test]
    public void Compose_SeveralObstacles_ReportsEveryOne()
    {
        var experts = new FakeExpertsDescriptor("cutlass");
        experts.Refuses["SupportsShape"] = Alignment;
        experts.Refuses["SupportsActivation"] = Support.No(RefusalCodes.Activation, "activation", "swiglu", "gelu");
        experts.Refuses["SupportsQuant"] = Support.No(RefusalCodes.DataType, "activation type", "bf16", "float32");
        using var host = FakeHost.Local([experts]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(plan.Because, Is.EqualTo("None of the experts stages cutlass can run."));
            Assert.That(plan.Candidates.Single(c => c.Name == "cutlass").Refusals.Select(r => r.Code.Value), Is.EquivalentTo(
                new[] { "hidden-alignment", "activation", "data-type" }));
        });
    }

    [Test]
    public void Compose_BatchInvarianceWithAScaleOverRows_IsRefusedWhateverStagesClaim()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu")]);
        var deployment = host.Deployment with { BatchInvariant = true };
        var layers = new[] { QuantKeys.Fp8DynamicTensor, QuantKeys.Fp8DynamicToken }.Select(key => Layers.Plain(
            features: Layers.Features with { Quant = new QuantSpec(QuantKeys.Fp8StaticTensor, key) })).ToArray();

        var refused = host.Composer.Compose(layers[0], deployment);

        Assert.That(
            refused.Candidates.Single(c => c.Name == "cpu").Refusals.Select(r => r.ToString()),
            Is.EqualTo(new[]
            {
                "[batch-invariance] computed activation scale must be of one row for batch invariance, got "
                + "fp8-dynamic-tensor; choose a static scale or one a token.",
            }));
        Assert.That(host.Composer.Compose(layers[1], deployment).IsRunnable);
        Assert.That(host.Composer.Compose(layers[0], host.Deployment).IsRunnable);
    }

    [Test]
    public void Compose_NothingFits_ExceptionHoldsEveryReason()
    {
        var experts = new FakeExpertsDescriptor("cutlass");
        experts.Refuses["SupportsShape"] = Alignment;
        using var host = FakeHost.Local([experts]);
        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        var error = Assert.Throws<CompositionException>(
            () => host.Composer.Build(plan, new MoeLayerWeights { Experts = null! }));

        Assert.That(error!.Message.ReplaceLineEndings("\n"), Is.EqualTo(
            "No chain can run the layer (experts 4, top-k 2, hidden 8, intermediate 6, float32, silu) on test cpu: " +
            "None of the experts stages cutlass can run.\n" +
            "  Experts 'cutlass': [hidden-alignment] hidden size must be a multiple of 128, got 8; choose 'cpu'."));
    }

    [Test]
    public void Compose_MisspeltName_ListsKnownAndSearched()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("cutlass")],
            new Dictionary<string, string?> { ["Plugins:Folders:0"] = "." });

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cutlas"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.Because, Is.EqualTo("No experts stage is named 'cutlas'. Known: cutlass, cpu. Searched: .."));
            Assert.That(plan.Refusals.Single().ToString(), Is.EqualTo(
                "[unknown-name] experts name must be one of cutlass, cpu, got 'cutlas'; searched .."));
            Assert.That(plan.IsRunnable, Is.False);
        });
    }

    [Test]
    public void Compose_NamedAndRefused_IsNeverReplaced()
    {
        var cutlass = new FakeExpertsDescriptor("cutlass");
        cutlass.Refuses["SupportsShape"] = Alignment;
        using var host = FakeHost.Local([cutlass, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cutlass"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Explicit));
            Assert.That(plan.Because, Is.EqualTo("experts 'cutlass' cannot run, and what is named is never replaced."));
        });
    }

    [Test]
    public void Compose_NamedAndRefusedWithFallback_TakesAnotherAndSaysSo()
    {
        var cutlass = new FakeExpertsDescriptor("cutlass");
        cutlass.Refuses["SupportsShape"] = Alignment;
        using var host = FakeHost.Local([cutlass, new FakeExpertsDescriptor("cpu")],
            new Dictionary<string, string?> { ["Composer:AllowFallback"] = "true" });

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cutlass"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain!.Experts[0].Experts.Name, Is.EqualTo("cpu"));
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Fallback));
            Assert.That(plan.Because, Is.EqualTo(
                "experts 'cutlass' cannot run; falling back is allowed: the only one of cutlass, cpu that can run"));
        });
    }

    [Test]
    public void Compose_FallsBackOften_WarnsOnce()
    {
        var cutlass = new FakeExpertsDescriptor("cutlass");
        cutlass.Refuses["SupportsShape"] = Alignment;
        using var host = FakeHost.Local(
            [cutlass, new FakeExpertsDescriptor("cpu")],
            new Dictionary<string, string?> { ["Composer:AllowFallback"] = "true", ["Composer:Experts"] = "cutlass" });

        for (var i = 0; i < 3; i++)
        {
            host.Composer.Compose(Layers.Plain(), host.Deployment);
        }

        Assert.That(host.Messages, Is.EqualTo(new[]
        {
            "experts 'cutlass' cannot run; falling back is allowed: the only one of cutlass, cpu that can run",
        }));
    }

    [Test]
    public void Compose_NamedInConfiguration_IsUsedThoughAnotherComesFirst()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("reference")],
            new Dictionary<string, string?> { ["Composer:Experts"] = "Reference" });

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Because, Is.EqualTo("experts 'reference' are named explicitly"));
            Assert.That(plan.Reason, Is.EqualTo(ChoiceReason.Explicit));
            Assert.That(Note(plan, "cpu"), Is.EqualTo("can run; 'Reference' is named explicitly"));
        });
    }

    [Test]
    public void Compose_FormatsDiffer_RefusesTheUnpairedStage()
    {
        var batched = new FakeExpertsDescriptor("cpu-batched") { ActivationFormat = ActivationFormat.Batched };
        using var host = FakeHost.Local([batched, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(plan.Candidates.Single(c => c.Name == "cpu-batched").Refusals.Single().ToString(), Is.EqualTo(
            "[activation-format] activation format of 'cpu-batched' must be standard for 'local', got batched; " +
            "choose two stages of one format."));
    }

    [Test]
    public void Compose_NamedPairOfTwoFormats_CarriesTheRefusal()
    {
        var scheme = new FakeSchemeDescriptor("batched") { ActivationFormat = ActivationFormat.Batched };
        var batched = new FakeExpertsDescriptor("cpu-batched") { ActivationFormat = ActivationFormat.Batched };
        using var host = FakeHost.Local([scheme, batched, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(
            Layers.Plain(), host.Deployment, new StageSelection(PrepareAndFinalize: "batched", Experts: "cpu"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(plan.Refusals.Single().ToString(), Is.EqualTo(
                "[activation-format] activation format of 'cpu' must be batched for 'batched', got standard; " +
                "choose two stages of one format."));
        });
    }

    [Test]
    public void Compose_RouterNamedForExpertsThatRouteInside_CarriesTheRefusal()
    {
        var scheme = new FakeSchemeDescriptor("local-monolithic") { IsMonolithic = true };
        using var host = FakeHost.Local([scheme, new FakeExpertsDescriptor("cpu-monolithic") { IsMonolithic = true }]);

        var plan = host.Composer.Compose(
            Layers.Plain(), host.Deployment, new StageSelection(Router: "topk", Experts: "cpu-monolithic"));

        Assert.That(plan.Refusals.Single().Sentence, Is.EqualTo(
            "router for 'cpu-monolithic' must be left to the experts, which route inside, got 'topk'; " +
            "name no router, or modular stages."));
    }

    [Test]
    public void Compose_UnknownNameAndNoFallbackThatRuns_KeepsTheRefusal()
    {
        var cpu = new FakeExpertsDescriptor("cpu");
        cpu.Refuses["SupportsShape"] = Alignment;
        using var host = FakeHost.Local([cpu], new Dictionary<string, string?> { ["Composer:AllowFallback"] = "true" });

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "cutlas"));

        Assert.That(plan.Refusals.Single().Code, Is.EqualTo(RefusalCodes.UnknownName));
    }

    [Test]
    public void Compose_FamiliesDiffer_RefusesTheUnpairedStage()
    {
        var monolithic = new FakeExpertsDescriptor("cpu-monolithic") { IsMonolithic = true };
        using var host = FakeHost.Local([monolithic]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(plan.Candidates.Single(c => c.Name == "cpu-monolithic").Refusals.Single().ToString(), Is.EqualTo(
                "[mixed-families] family of 'cpu-monolithic' must be modular for 'local', got monolithic; " +
                "choose two stages of one family."));
        });
    }

    [Test]
    public void Compose_MonolithicChain_HasNoRouter()
    {
        var scheme = new FakeSchemeDescriptor("local-monolithic") { IsMonolithic = true };
        using var host = new FakeHost(
            [new FakeRouterDescriptor(), scheme, new FakeExpertsDescriptor("cpu-monolithic") { IsMonolithic = true }]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain!.Router, Is.Null);
            Assert.That(Note(plan, "topk"), Is.EqualTo("experts 'cpu-monolithic' route inside"));
        });
    }

    [Test]
    public void Compose_StageOfAnotherDeviceKind_IsRefused()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("triton") { DeviceKind = DeviceKind.Cuda }]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(plan.Candidates.Single(c => c.Name == "triton").Refusals.Single().ToString(), Is.EqualTo(
            "[device-kind] device kind must be cuda, got cpu; choose a stage of that kind."));
    }

    [Test]
    public void Compose_DeviceMissing_CarriesTheProvidersReasons()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu")]);
        var traits = host.Device.Traits with { Id = new DeviceId(DeviceKind.Cpu, 3) };

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment with { Device = traits });

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(plan.Refusals.Single().Code, Is.EqualTo(RefusalCodes.NoDevice));
        });
    }

    [Test]
    public void Compose_QueryThrows_RefusesThatStageOnly()
    {
        using var host = FakeHost.Local(
            [new FakeExpertsDescriptor("throwing") { ThrowsOn = "SupportsActivation" }, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain!.Experts[0].Experts.Name, Is.EqualTo("cpu"));
            Assert.That(plan.Candidates.Single(c => c.Name == "throwing").Refusals.Single().ToString(), Is.EqualTo(
                "[query-threw] SupportsActivation must be answered, got InvalidOperationException: broken."));
        });
    }

    [Test]
    public void Compose_PlainLayer_AsksOnlyWhatTheLayerRaises()
    {
        var experts = new FakeExpertsDescriptor("cpu");
        using var host = FakeHost.Local([experts]);

        host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.That(experts.Asked.Distinct(), Is.EquivalentTo(new[]
        {
            "SupportsDevice", "SupportsActivation", "SupportsQuant", "SupportsQuantOn", "SupportsShape", "SupportsParallel",
            "SupportsDeterminism", "SupportsFormat",
        }));
    }

    [Test]
    public void Compose_TensorParallel_AsksForTheRanksIntermediateSize()
    {
        var experts = new FakeExpertsDescriptor("cpu");
        using var host = FakeHost.Local([experts]);

        host.Composer.Compose(Layers.Plain(), host.Deployment with { Parallel = new ParallelSpec(tpSize: 2, tpRank: 1) });

        Assert.That(experts.AskedShape, Is.EqualTo(new MoeShape(4, 2, 8, 3)));
    }

    [Test]
    public void Compose_SharedExperts_AreALayerOfOneExpertOnTheSameBackend()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu"), new FakeExpertsDescriptor("reference")]);

        var plan = host.Composer.Compose(
            Layers.Shared(hasGate: true), host.Deployment, new StageSelection(Experts: "reference"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.SharedExperts!.Layer.Shape, Is.EqualTo(new MoeShape(1, 1, 8, 10)));
            Assert.That(plan.SharedExperts.Chain!.ToString(), Is.EqualTo("topk -> local -> reference -> local"));
        });
    }

    [Test]
    public void Compose_SharedExpertsLeftUnquantized_AreComposedUnquantized()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu")]);
        var layer = Layers.Plain(features: Layers.Features with
        {
            Quant = new QuantSpec(QuantKeys.Fp8StaticChannel, null),
            SharedExperts = new SharedExpertsSpec(10, Quant: QuantSpec.None),
        });

        Assert.That(host.Composer.Compose(layer, host.Deployment).SharedExperts!.Layer.Quant, Is.EqualTo(QuantSpec.None));
    }

    [Test]
    public void Compose_BadDeployment_ListsEveryProblem()
    {
        using var host = new FakeHost([]);
        var deployment = host.Deployment with { MaxTokens = 0, ExpertMap = [0, 0, 7, -2] };

        Assert.That(
            () => host.Composer.Compose(Layers.Plain(), deployment),
            Throws.ArgumentException.With.Message.EqualTo(
                "The deployment spec has 4 problem(s): max tokens must be 1 to 1048576, got 0; " +
                "expert map entry 1 must be a local expert that no other entry names, got 0; " +
                "expert map entry 2 must be -1 to 3, got 7; expert map entry 3 must be -1 to 3, got -2."));
    }

    private static string Note(MoeKernelPlan plan, string name) => plan.Candidates.Single(c => c.Name == name).Note;
}
