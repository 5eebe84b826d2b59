namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Monolithic prepare/finalize of one rank.</summary>
internal sealed class FakeMonolithicScheme(FakeSchemeDescriptor descriptor, CallLog log) : IMonolithicPrepareAndFinalize
{
    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => descriptor.ActivationFormat;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => 0;

    public void OnComposed(IExpertsBase experts)
    {
    }

    public MonolithicPreparedInputs Prepare(in MonolithicPrepareCall call, IComputeStream stream)
    {
        log.Add("prepare");
        return new MonolithicPreparedInputs(call.HiddenStates, TensorView.None, call.RouterLogits);
    }

    public void Finalize(TensorView output, TensorView expertOutput, TensorView validTokens, IComputeStream stream)
    {
        log.Add(validTokens.IsNone ? "finalize" : $"finalize {validTokens.AsSpan<int>()[0]}");
        if (output.Pointer != expertOutput.Pointer)
        {
            expertOutput.AsSpan<float>().CopyTo(output.AsSpan<float>());
        }
    }

    public void Dispose()
    {
    }
}
