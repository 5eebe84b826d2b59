namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Monolithic experts with a router that gives known ids.</summary>
public sealed class CpuMonolithicExpertsTests
{
    private static readonly LayerCase Plain = new() { Shape = new(6, 2, 72, 40), Tokens = 8 };

    [Test]
    public void Apply_RoutedIds_GivesTheBitsOfModularExperts()
    {
        using var call = new TestCall(Plain);
        using var modular = TestExperts.Cpu(Plain);
        using var scratch = new HostTensors();
        var router = new FixedRouterDescriptor(call.Ids, call.RouterWeights);
        using var monolithic = new CpuMonolithicExpertsDescriptor(new DotKernels(InstructionSet.Auto), [router])
            .CreateMonolithic(TestExperts.Context(Plain));
        var shapes = monolithic.WorkspaceShapes(new ExpertsProblem(8, 6, 6, 80, 72, 2, 0, 1));
        var output = scratch.New(DType.BFloat16, shapes.Output);
        monolithic.Apply(
            new MonolithicExpertsCall
            {
                Output = output,
                HiddenStates = call.Input(scratch, Plain.Tokens).States,
                RouterLogits = scratch.New(DType.Float32, new(8, 6)),
                Weights = monolithic.PrepareWeights(call.Weights, PreparedCall.HostStream),
                Workspace13 = scratch.New(DType.BFloat16, shapes.Workspace13),
                Workspace2 = scratch.New(DType.BFloat16, shapes.Workspace2),
            },
            PreparedCall.HostStream);
        Assert.That(TensorBytes.Floats(output), Is.EqualTo(call.Run(modular)));
    }

    [Test]
    public void SupportsRouting_NoRouterRegistered_SaysWhichPluginToLoad()
    {
        var answer = Descriptor().SupportsRouting(RoutingSpec.For(RoutingMethod.Default));
        Assert.That(
            answer.Refusal?.ToString(),
            Is.EqualTo(
                "[routing] CPU router must be registered, got none for Default; load the prepare-finalize plugin."));
    }

    [Test]
    public void SupportsRouting_HashTable_IsRefused()
    {
        var answer = Descriptor().SupportsRouting(new RoutingSpec { HasHashTable = true });
        Assert.That(
            answer.Refusal?.Sentence,
            Is.EqualTo("routing of monolithic experts must be computed from logits, got a hash table by token id; "
                + "choose modular experts."));
    }

    [Test]
    public void SupportsRouting_RouterRegistered_AsksTheRouter()
    {
        var router = new FixedRouterDescriptor([], []);
        var descriptor = new CpuMonolithicExpertsDescriptor(new DotKernels(InstructionSet.Auto), [router]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(descriptor.SupportsRouting(RoutingSpec.For(RoutingMethod.Default)).IsYes, Is.True);
            Assert.That(
                descriptor.SupportsRouting(RoutingSpec.For(RoutingMethod.Llama4)).Refusal?.Subject,
                Is.EqualTo("method"));
        }
    }

    private static CpuMonolithicExpertsDescriptor Descriptor() => new(new DotKernels(InstructionSet.Auto), []);
}
