namespace FusedMoe.PrepareFinalize;

/// <summary>Answers and parts that the GPU's local schemes share.</summary>
internal abstract class CudaLocalDescriptorBase(CudaLocalParts parts) : CudaStageDescriptor, IPrepareAndFinalizeDescriptor
{
    public override StageKind Kind => StageKind.PrepareFinalize;

    public abstract bool IsMonolithic { get; }

    public abstract ActivationFormat ActivationFormat { get; }

    protected CudaLocalParts Parts => parts;

    public abstract IPrepareAndFinalize Create(StageContext context);

    public abstract IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context);

    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType)
    {
        ArgumentNullException.ThrowIfNull(quant);
        return quant.Activation is null ? Support.Yes : parts.Quantizer.Supports(quant.Activation);
    }

    public override Support SupportsParallel(ParallelSpec parallel)
    {
        ArgumentNullException.ThrowIfNull(parallel);
        return parallel.UsesAllToAll
            ? Support.No(
                RefusalCodes.Parallel,
                "all-to-all",
                "none",
                $"{parallel.AllToAll}",
                "choose a scheme that dispatches to other ranks")
            : Support.Yes;
    }

    public override Support SupportsFormat(ActivationFormat format) => format == ActivationFormat
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat,
            "activation format",
            ActivationFormat.Name(),
            format.Name(),
            "choose a scheme of that format");

    public override Support SupportsExpertMap() => Support.Yes;

    public override Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public override Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public override Support SupportsBatchInvariance() => Support.Yes;

    public override Support SupportsDeterminism() => Support.Yes;

    public override Support SupportsLora(LoraSpec lora) => Support.Yes;
}
