using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Monolithic prepare/finalize where nothing travels: router logits pass through, finished rows are handed on.
/// </summary>
internal sealed class LocalMonolithicPrepareAndFinalize(IPrepareAndFinalizeDescriptor descriptor, StageContext context)
    : IMonolithicPrepareAndFinalize
{
    private readonly LocalInput _input = new(context);
    private readonly NoOpReduce _noOp = new(WorkerPool.Of(context.Device));

    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => _input.ScratchBytes(tokens);

    public void OnComposed(IExpertsBase experts)
    {
        ArgumentNullException.ThrowIfNull(experts);
        _input.OnComposed(experts);
    }

    public MonolithicPreparedInputs Prepare(in MonolithicPrepareCall call, IComputeStream stream)
    {
        var (activations, scales) = _input.Prepare(
            call.HiddenStates,
            TensorView.None,
            call.DeferQuantization ? null : call.Quant,
            call.StaticScale,
            call.Scratch,
            call.ValidTokens,
            stream);
        return new MonolithicPreparedInputs(activations, scales, call.RouterLogits);
    }

    public void Finalize(TensorView output, TensorView expertOutput, IComputeStream stream) =>
        _noOp.Copy(expertOutput, output, TensorView.None);

    public void Dispose()
    {
    }
}
