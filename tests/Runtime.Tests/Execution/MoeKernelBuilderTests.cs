using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Execution;

public sealed class MoeKernelBuilderTests
{
    [Test]
    public void Build_Buffers_AddUpToWhatTheDeviceGave()
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate: true), log => new FakeSchemeDescriptor("local", log) { IsAsync = true });
        var before = setup.Host.Device.AllocatedBytes;

        var kernel = setup.Kernel;

        Assert.That(kernel.Buffers.Sum(b => b.Bytes), Is.EqualTo(setup.Host.Device.AllocatedBytes - before));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Measure_Plan_ListsWhatBuildReservesAndReservesNothing(bool hasGate)
    {
        using var setup = new KernelSetup(
            Layers.Shared(hasGate), log => new FakeSchemeDescriptor("local", log) { IsAsync = true }, deployment: d => d with
            {
                ExpertMap = [0, 1, -1, -1],
            });
        var (live, all) = (setup.Host.Device.LiveAllocations, setup.Host.Device.Allocations);

        var measured = setup.Host.Composer.Measure(setup.Plan);

        Assert.That((setup.Host.Device.LiveAllocations, setup.Host.Device.Allocations), Is.EqualTo((live, all)));
        Assert.That(measured, Is.EqualTo(setup.Kernel.Buffers));
    }

    [Test]
    public void Dispose_Kernel_GivesEveryBufferBack()
    {
        using var setup = new KernelSetup(Layers.Shared(hasGate: false));
        var before = setup.Host.Device.LiveAllocations;

        setup.Host.Composer.Build(setup.Plan, setup.Weights).Dispose();

        Assert.That(setup.Host.Device.LiveAllocations, Is.EqualTo(before));
    }

    [Test]
    public void Build_TooLittleMemory_LeavesNothingAllocated()
    {
        using var setup = new KernelSetup();
        var (live, bytes) = (setup.Host.Device.LiveAllocations, setup.Host.Device.AllocatedBytes);
        setup.Host.Device.LimitBytes = bytes + 100;

        var error = Assert.Throws<DeviceMemoryException>(() => setup.Host.Composer.Build(setup.Plan, setup.Weights));

        Assert.That(setup.Host.Device.LiveAllocations, Is.EqualTo(live));
        Assert.That(error!.Message, Does.StartWith("router logits 0 of a fused MoE layer needs 128 bytes on cpu"));
    }

    [Test]
    public void Build_WrongWeights_ListsEveryTensor()
    {
        using var setup = new KernelSetup();
        var weights = new MoeLayerWeights
        {
            Experts = new ExpertWeights
            {
                W13 = setup.Tensors.Floats(4, 12, 9),
                W2 = setup.Tensors.New(DType.BFloat16, 4, 8, 6),
            },
            Gate = setup.Tensors.Floats(3, 8),
        };

        Assert.That(() => setup.Host.Composer.Build(setup.Plan, weights), Throws.ArgumentException.With.Message.EqualTo(
            "The layer's weights have 3 problem(s): w13 must be float32 [4, 12, 8] on cpu, got float32 [4, 12, 9] on cpu; " +
            "w2 must be float32 [4, 8, 6] on cpu, got bf16 [4, 8, 6] on cpu; " +
            "gate must be float32, bf16 or fp16 [4, 8] on cpu, got float32 [3, 8] on cpu."));
    }

    [Test]
    public void Build_SharedWeightsMissing_NamesThem()
    {
        using var setup = new KernelSetup(Layers.Shared(hasGate: false));
        setup.Weights = setup.Weights with { SharedExperts = null };

        Assert.That(() => setup.Kernel, Throws.ArgumentException.With.Message.EqualTo(
            "shared experts' weights must be given because the layer has shared experts, got none."));
    }

    [Test]
    public void Build_AllToAllWithoutCommunicator_IsARefusal()
    {
        using var setup = new KernelSetup(
            deployment: d => d with { Parallel = new ParallelSpec(dpSize: 2, epSize: 2, allToAll: AllToAllKind.AllToAll) },
            localExperts: 2);

        var error = Assert.Throws<CompositionException>(() => _ = setup.Kernel);

        Assert.That(error!.Message, Does.Contain(
            "[no-communicator] communicator must be registered for 2 ranks of Cpu devices, got none; " +
            "register an ICommunicatorProvider or give KernelBuildOptions.Communicator."));
    }

    [Test]
    public void Build_SchemeTakesFewerTokens_SaysSo()
    {
        using var setup = new KernelSetup(scheme: log => new FakeSchemeDescriptor("local", log) { MaxTokensPerRank = 4 });

        Assert.That(() => setup.Kernel, Throws.ArgumentException.With.Message.EqualTo(
            "max tokens must be at most 4 for 'local', got 8; lower FusedMoe:Deployment:MaxTokens."));
    }

    [Test]
    public void Build_ExpertParallelDefault_GivesTheFirstRanksOneMore()
    {
        using var setup = new KernelSetup(
            Layers.Plain(experts: 5),
            deployment: d => d with { Parallel = new ParallelSpec(epSize: 2, epRank: 0) },
            localExperts: 3);

        var problem = RankProblem.From(setup.Layer, setup.Deployment);

        Assert.That(problem.ExpertMap, Is.EqualTo(new[] { 0, 1, 2, -1, -1 }));
        Assert.That(setup.Kernel.OutputIsReduced, Is.False);
    }
}
