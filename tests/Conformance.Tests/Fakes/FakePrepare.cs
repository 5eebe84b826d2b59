namespace FusedMoe.Conformance.Tests;

internal sealed class FakePrepare(FakePrepareDescriptor descriptor, StageContext context) : IPrepareAndFinalize
{
    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public bool SupportsAsync => false;

    public bool SupportsDeferredFinalize => false;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => context.Layer.ActivationDType.BytesFor(
        (long)tokens * context.Layer.Shape.Hidden);

    public void OnComposed(IExpertsBase experts)
    {
    }

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        if (!call.RouterWeightOnInput)
        {
            return new PreparedInputs { Activations = call.HiddenStates };
        }

        var weighted = call.Scratch.Reinterpret(call.HiddenStates.DType, call.HiddenStates.Shape);
        var hidden = (int)call.HiddenStates.Shape[1];
        for (var i = 0; i < call.HiddenStates.Elements; i++)
        {
            var weight = FakeNumbers.Load(call.TopKWeights, i / hidden);
            FakeNumbers.Store(weighted, i, FakeNumbers.Load(call.HiddenStates, i) * weight);
        }

        return new PreparedInputs { Activations = weighted };
    }

    public void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        if (call.Output.Pointer != call.ExpertOutput.Pointer && call.Output.Bytes > 0)
        {
            stream.Copy(call.ExpertOutput.Pointer, call.Output.Pointer, call.Output.Bytes);
        }
    }

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream) =>
        throw new NotSupportedException("The scheme has no async forms.");

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream) =>
        throw new NotSupportedException("The scheme has no async forms.");

    public void Dispose()
    {
    }
}
