namespace FusedMoe.PrepareFinalize;

/// <summary>Prepare/finalize on one GPU in the standard layout.</summary>
internal sealed class CudaLocal(IPrepareAndFinalizeDescriptor descriptor, CudaLocalParts parts, StageContext context)
    : LocalModularScheme(descriptor)
{
    private readonly CudaPrepareStep _prepare = new(context.Layer, parts.Quantizer, parts.Elementwise);
    private readonly CudaTopKWeightAndReduce _noOp = new(WeightAndReduceSpec.NoOp, parts.Reduction, parts.Elementwise);
    private readonly CudaTopKWeightAndReduce _contiguous =
        new(WeightAndReduceSpec.Contiguous, parts.Reduction, parts.Elementwise);

    public override long ScratchBytes(int tokens) => _prepare.ScratchBytes(tokens);

    public override void OnComposed(IExpertsBase experts)
    {
    }

    public override PreparedInputs Prepare(in PrepareCall call, IComputeStream stream)
    {
        var rows = _prepare.ApplyWeight(call, stream);
        var key = call.DeferQuantization ? null : call.Quant;
        var (activations, scales) = _prepare.Quantize(rows, key, call.StaticScale, call.Scratch, call.ValidTokens, stream);
        return new PreparedInputs { Activations = activations, Scales = scales };
    }

    public override void Finalize(in FinalizeCall call, IComputeStream stream)
    {
        var reduce = call.WeightAndReduce.Kind switch
        {
            WeightAndReduceKind.NoOp => _noOp,
            WeightAndReduceKind.Contiguous or WeightAndReduceKind.Delegate => _contiguous,
            _ => new CudaTopKWeightAndReduce(call.WeightAndReduce, parts.Reduction, parts.Elementwise),
        };
        reduce.Apply(Reductions.Into(call, call.Output, call.ValidTokens), stream);
    }
}
