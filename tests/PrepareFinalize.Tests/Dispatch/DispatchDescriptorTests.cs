namespace FusedMoe.PrepareFinalize.Tests;

public sealed class DispatchDescriptorTests
{
    private static readonly ParallelSpec Gathering = new(epSize: 2, allToAll: AllToAllKind.AllGather);

    [TestCase(AllToAllKind.AllGather, "all-gather", ActivationFormat.Standard)]
    [TestCase(AllToAllKind.AllToAll, "all-to-all", ActivationFormat.Standard)]
    [TestCase(AllToAllKind.Batched, "batched", ActivationFormat.Batched)]
    public void Descriptor_OwnKind_IsSupported(AllToAllKind kind, string name, ActivationFormat format)
    {
        var descriptor = ToyRank.Descriptor(kind);

        Assert.That(descriptor.Name, Is.EqualTo(name));
        Assert.That(descriptor.SupportsParallel(new ParallelSpec(epSize: 2, allToAll: kind)).IsYes, Is.True);
        Assert.That(descriptor.SupportsFormat(format).IsYes, Is.True);
        var quant = new QuantSpec(QuantKeys.Int8StaticChannel, QuantKeys.Int8DynamicToken);
        Assert.That(descriptor.SupportsQuant(quant, DType.BFloat16, DType.BFloat16).IsYes, Is.True);
    }

    [Test]
    public void SupportsParallel_AnotherKind_NamesBoth() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.AllToAll).SupportsParallel(Gathering).Refusal!.ToString(),
        Is.EqualTo("[parallel] all-to-all kind must be AllToAll, got AllGather; choose the prepare/finalize of that kind."));

    [Test]
    public void SupportsParallel_NothingTravels_RefersToLocal() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.AllGather).SupportsParallel(ParallelSpec.Single).Refusal!.ToString(),
        Is.EqualTo("[parallel] all-to-all kind must be AllGather, got None; choose 'local'."));

    [Test]
    public void SupportsParallel_BatchedOnOneRank_IsSupported() =>
        Assert.That(ToyRank.Descriptor(AllToAllKind.Batched).SupportsParallel(ParallelSpec.Single).IsYes, Is.True);

    [Test]
    public void SupportsParallel_ExpertsSplitOverTensorRanks_IsRefused() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.AllGather)
            .SupportsParallel(new ParallelSpec(tpSize: 2, epSize: 2, allToAll: AllToAllKind.AllGather)).Refusal!.ToString(),
        Is.EqualTo("[parallel] tensor-parallel size of experts must be 1 where tokens travel, got 2; "
            + "flatten tensor ranks into expert ranks."));

    [Test]
    public void SupportsFormat_Batched_RefersToBatched() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.AllGather).SupportsFormat(ActivationFormat.Batched).Refusal!.ToString(),
        Is.EqualTo("[activation-format] activation format must be standard, got batched; choose 'batched'."));

    [Test]
    public void SupportsGraphCapture_Asked_IsRefused() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.AllToAll).SupportsGraphCapture().Refusal!.ToString(),
        Is.EqualTo("[graph-capture] graph capture must be off on cpu, got on; set FusedMoe:Deployment:GraphCapture to false."));

    [Test]
    public void SupportsQuant_NoQuantizerTakesTheKey_NamesIt() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.Batched)
            .SupportsQuant(new QuantSpec(QuantKeys.Mxfp8Static, QuantKeys.Mxfp8Dynamic), DType.BFloat16, DType.BFloat16)
            .Refusal!.ToString(),
        Is.EqualTo("[quant-scheme] activation quantization must be one that a quantizer of the cpu takes, got mxfp8-dynamic; "
            + "choose another key or leave activations unquantized."));

    [Test]
    public void SupportsQuant_BlocksOfRowsInExpertBlocks_AreRefused() => Assert.That(
        ToyRank.Descriptor(AllToAllKind.Batched)
            .SupportsQuant(
                new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicBlock128), DType.BFloat16, DType.BFloat16)
            .Refusal!.ToString(),
        Is.EqualTo(
            "[quant-scheme] activation scales in expert blocks must be one a row, one a group of columns or one for all, "
            + "got 128x128 (fp8-dynamic-128x128); choose another key, or 'all-gather' or 'all-to-all'."));

    [Test]
    public void CreateMonolithic_Always_IsRefused() => Assert.That(
        Assert.Throws<InvalidOperationException>(
            () => ToyRank.Descriptor(AllToAllKind.AllGather).CreateMonolithic(null!))!.Message,
        Is.EqualTo("'all-gather' is modular; call Create."));
}
