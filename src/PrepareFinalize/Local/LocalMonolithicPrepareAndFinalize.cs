using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Monolithic prepare/finalize where nothing travels: router logits pass through, finished rows are handed on.
/// </summary>
internal sealed class LocalMonolithicPrepareAndFinalize(IPrepareAndFinalizeDescriptor descriptor, StageContext context)
    : LocalScheme(descriptor), IMonolithicPrepareAndFinalize
{
    private readonly LocalInput _input = new(context);
    private readonly NoOpReduce _noOp = new(WorkerPool.Of(context.Device));

    public override long ScratchBytes(int tokens) => _input.ScratchBytes(tokens);

    public override void OnComposed(IExpertsBase experts)
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

    public void Finalize(TensorView output, TensorView expertOutput, TensorView validTokens, IComputeStream stream) =>
        _noOp.Copy(expertOutput, output, validTokens);
}
