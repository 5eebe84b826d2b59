namespace FusedMoe.PrepareFinalize;

/// <summary>Modular prepare/finalize on one CPU.</summary>
internal sealed class LocalPrepareAndFinalize : LocalModularScheme
{
    private readonly StageContext _context;
    private readonly LocalInput _input;
    private readonly CpuWeightAndReduceProvider _strategies = new();
    private ITopKWeightAndReduce _reduce;

    public LocalPrepareAndFinalize(IPrepareAndFinalizeDescriptor descriptor, StageContext context)
        : base(descriptor)
    {
        _context = context;
        _input = new LocalInput(context);
        _reduce = _strategies.Create(WeightAndReduceSpec.NoOp, context.Device);
    }

    public override long ScratchBytes(int tokens) => _input.ScratchBytes(tokens);

    public override void OnComposed(IExpertsBase experts)
    {
        ArgumentNullException.ThrowIfNull(experts);
        _input.OnComposed(experts);
    }

    public override PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        var (activations, scales) = _input.Prepare(
            call.HiddenStates,
            call.RouterWeightOnInput ? call.TopKWeights : TensorView.None,
            call.DeferQuantization ? null : call.Quant,
            call.StaticScale,
            call.Scratch,
            call.ValidTokens,
            stream);
        return new PreparedInputs { Activations = activations, Scales = scales };
    }

    public override void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        var spec = Reductions.Of(call);

        // Experts name one strategy for life, so it is made in the first call.
        _reduce = _reduce.Spec == spec ? _reduce : _strategies.Create(spec, _context.Device);
        _reduce.Apply(Reductions.Into(call, call.Output, call.ValidTokens), stream);
    }
}
