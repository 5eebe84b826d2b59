using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Local;

public sealed class LocalDescriptorTests
{
    private static readonly IPrepareAndFinalizeDescriptor[] Both =
        [new LocalDescriptor(), new LocalMonolithicDescriptor()];

    [TestCaseSource(nameof(Both))]
    public void SupportsDevice_Gpu_NamesTheStageOfThatDevice(IPrepareAndFinalizeDescriptor descriptor)
    {
        var gpu = new DeviceTraits { Id = DeviceId.Cuda(0), Name = "NVIDIA H200", Processors = 132, MemoryBytes = 1 };

        Assert.That(descriptor.SupportsDevice(gpu).Refusal!.ToString(), Is.EqualTo(
            $"[device-kind] device must be cpu, got cuda:0 (NVIDIA H200); choose 'cuda-{descriptor.Name}'."));
    }

    [Test]
    public void SupportsParallel_TokensThatMustTravel_AreRefused()
    {
        var descriptor = new LocalDescriptor();
        var overTensorRanks = ParallelSpec.Make(2, 1, 1, 0, true, AllToAllKind.None);
        var overBatches = ParallelSpec.Make(1, 0, 2, 0, true, AllToAllKind.AllGather);
        var withoutTransport = ParallelSpec.Make(1, 0, 2, 0, true, AllToAllKind.None);

        Assert.That(descriptor.SupportsParallel(overTensorRanks).IsYes);
        Assert.That(descriptor.SupportsParallel(overBatches).Refusal!.Sentence, Is.EqualTo(
            "all-to-all must be none, got AllGather; choose the prepare/finalize of that kind."));
        Assert.That(descriptor.SupportsParallel(withoutTransport).Refusal!.Sentence, Is.EqualTo(
            "data-parallel size with expert parallelism must be 1 where tokens stay, got 2; set an all-to-all kind."));
    }

    [Test]
    public void SupportsFormat_Batched_NamesTheBatchedStage()
    {
        Assert.That(new LocalDescriptor().SupportsFormat(ActivationFormat.Batched).Refusal!.Sentence, Is.EqualTo(
            "activation format must be standard, got batched; choose the 'batched' prepare stage."));
    }

    [Test]
    public void SupportsQuant_WeightOnly_IsYesAndAWeightKeyOnActivationsIsNot()
    {
        var descriptor = new LocalDescriptor();
        var weightOnly = new QuantSpec(QuantKeys.Fp8StaticBlock128, null);
        var wrong = new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8StaticBlock128);

        Assert.That(descriptor.SupportsQuant(weightOnly, DType.BFloat16, DType.BFloat16).IsYes);
        Assert.That(
            descriptor.SupportsQuant(wrong, DType.BFloat16, DType.BFloat16).Refusal!.Code,
            Is.EqualTo(RefusalCodes.QuantScheme));
        Assert.That(
            descriptor.SupportsQuant(QuantSpec.None, DType.Int8, DType.BFloat16).Refusal!.Sentence,
            Is.EqualTo("activation type must be float32, bf16 or fp16, got int8."));
    }

    [TestCaseSource(nameof(Both))]
    public void SupportsGraphCapture_OnTheHost_NamesTheOption(IPrepareAndFinalizeDescriptor descriptor)
    {
        Assert.That(descriptor.SupportsGraphCapture().Refusal!.Sentence, Is.EqualTo(
            "graph capture must be off on cpu, got on; set FusedMoe:Deployment:GraphCapture to false."));
    }

    [Test]
    public void Create_OfTheOtherFamily_NamesTheTwin()
    {
        var context = Layers.Context();

        Assert.That(
            () => new LocalDescriptor().CreateMonolithic(context),
            Throws.InvalidOperationException.With.Message.Contains("'local-monolithic'"));
        Assert.That(
            () => new LocalMonolithicDescriptor().Create(context),
            Throws.InvalidOperationException.With.Message.Contains("'local'"));
    }
}
