namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Modular prepare/finalize where nothing travels. A delegated reduction is done as a contiguous one.
/// </summary>
internal sealed class LocalPrepareAndFinalize : IPrepareAndFinalize
{
    private readonly StageContext _context;
    private readonly LocalInput _input;
    private readonly CpuWeightAndReduceProvider _strategies = new();
    private ITopKWeightAndReduce _reduce;

    public LocalPrepareAndFinalize(IPrepareAndFinalizeDescriptor descriptor, StageContext context)
    {
        Descriptor = descriptor;
        _context = context;
        _input = new LocalInput(context);
        _reduce = _strategies.Create(WeightAndReduceSpec.NoOp, context.Device);
    }

    public IPrepareAndFinalizeDescriptor Descriptor { get; }

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public bool SupportsAsync => false;

    // The consumer of an unfinalized result does all that finalize would have done.
    public bool SupportsDeferredFinalize => true;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => _input.ScratchBytes(tokens);

    public void OnComposed(IExpertsBase experts)
    {
        ArgumentNullException.ThrowIfNull(experts);
        _input.OnComposed(experts);
    }

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
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

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream) => throw NotAsync();

    public void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        var spec = call.WeightAndReduce.Kind == WeightAndReduceKind.Delegate
            ? WeightAndReduceSpec.Contiguous
            : call.WeightAndReduce;

        // Experts name one strategy for life, so it is made in the first call.
        _reduce = _reduce.Spec == spec ? _reduce : _strategies.Create(spec, _context.Device);
        _reduce.Apply(
            new WeightAndReduceCall
            {
                Output = call.Output,
                ExpertOutput = call.ExpertOutput,
                TopKWeights = call.TopKWeights,
                TopKIds = call.TopKIds,
                ExpertMap = call.ExpertMap,
                GlobalExperts = call.GlobalExperts,
                RouterWeightOnInput = call.RouterWeightOnInput,
                ValidTokens = call.ValidTokens,
            },
            stream);
    }

    public IFinalizeReceiver BeginFinalize(in FinalizeCall call, IComputeStream stream) => throw NotAsync();

    public void Dispose()
    {
    }

    private NotSupportedException NotAsync() =>
        new($"'{Descriptor.Name}' has no async forms, since nothing travels; call Prepare and Finalize.");
}
