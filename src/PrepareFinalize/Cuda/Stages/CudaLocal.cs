namespace FusedMoe.PrepareFinalize;

/// <summary>Prepare/finalize on one GPU in the standard layout.</summary>
internal sealed class CudaLocal(IPrepareAndFinalizeDescriptor descriptor, CudaLocalParts parts, StageContext context)
    : IPrepareAndFinalize
{
    private readonly CudaPrepareStep _prepare = new(context.Layer, parts.Quantizer, parts.Elementwise);
    private readonly CudaTopKWeightAndReduce _noOp = new(WeightAndReduceSpec.NoOp, parts.Reduction, parts.Elementwise);
    private readonly CudaTopKWeightAndReduce _contiguous =
        new(WeightAndReduceSpec.Contiguous, parts.Reduction, parts.Elementwise);

    public IPrepareAndFinalizeDescriptor Descriptor => descriptor;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public DType? TopKIndicesDType => null;

    public int? MaxTokensPerRank => null;

    public int DispatcherCount => 1;

    public bool OutputIsReduced => false;

    public bool SupportsAsync => false;

    // The consumer of an unfinalized result does all that finalize would have done.
    public bool SupportsDeferredFinalize => true;

    public int MaxDispatchedTokens(int tokens) => tokens;

    public long ScratchBytes(int tokens) => _prepare.ScratchBytes(tokens);

    public void OnComposed(IExpertsBase experts)
    {
    }

    public PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        var rows = _prepare.ApplyWeight(call, stream);
        var key = call.DeferQuantization ? null : call.Quant;
        var (activations, scales) = _prepare.Quantize(rows, key, call.StaticScale, call.Scratch, call.ValidTokens, stream);
        return new PreparedInputs { Activations = activations, Scales = scales };
    }

    public IPrepareReceiver BeginPrepare(in PrepareCall call, IComputeStream stream) => throw NotAsync();

    public void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        var reduce = call.WeightAndReduce.Kind switch
        {
            WeightAndReduceKind.NoOp => _noOp,
            WeightAndReduceKind.Contiguous or WeightAndReduceKind.Delegate => _contiguous,
            _ => new CudaTopKWeightAndReduce(call.WeightAndReduce, parts.Reduction, parts.Elementwise),
        };
        reduce.Apply(
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
        new($"'{descriptor.Name}' has no async forms, since nothing travels; call Prepare and Finalize.");
}
