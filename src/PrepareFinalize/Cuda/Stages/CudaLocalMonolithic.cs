namespace FusedMoe.PrepareFinalize;

/// <summary>Monolithic prepare/finalize on one GPU.</summary>
internal sealed class CudaLocalMonolithic(IPrepareAndFinalizeDescriptor descriptor, CudaLocalParts parts, StageContext context)
    : LocalScheme(descriptor), IMonolithicPrepareAndFinalize
{
    private readonly CudaPrepareStep _prepare = new(context.Layer, parts.Quantizer, parts.Elementwise);

    public override long ScratchBytes(int tokens) => _prepare.ScratchBytes(tokens);

    public override void OnComposed(IExpertsBase experts)
    {
    }

    public MonolithicPreparedInputs Prepare(in MonolithicPrepareCall call, IComputeStream stream)
    {
        var key = call.DeferQuantization ? null : call.Quant;
        var (activations, scales) = _prepare.Quantize(
            call.HiddenStates, key, call.StaticScale, call.Scratch, call.ValidTokens, stream);
        return new MonolithicPreparedInputs(activations, scales, call.RouterLogits);
    }

    public void Finalize(TensorView output, TensorView expertOutput, TensorView validTokens, IComputeStream stream)
    {
        if (output.Pointer != expertOutput.Pointer)
        {
            parts.Elementwise.Convert(expertOutput, output, validTokens, stream);
        }
    }
}
