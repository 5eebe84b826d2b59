namespace FusedMoe.PrepareFinalize;

/// <summary>Answers that the CPU's local schemes share.</summary>
internal abstract class LocalDescriptorBase : CpuStageDescriptor, IPrepareAndFinalizeDescriptor
{
    public override StageKind Kind => StageKind.PrepareFinalize;

    public abstract bool IsMonolithic { get; }

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public abstract IPrepareAndFinalize Create(StageContext context);

    public abstract IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context);

    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType)
    {
        ArgumentNullException.ThrowIfNull(quant);
        if (!activationDType.IsActivation())
        {
            return Support.No(
                RefusalCodes.DataType, "activation type", "float32, bf16 or fp16", activationDType.Name());
        }

        return quant.Activation is null ? Support.Yes : new CpuActivationQuantizer().Supports(quant.Activation);
    }

    public override Support SupportsParallel(ParallelSpec parallel)
    {
        ArgumentNullException.ThrowIfNull(parallel);
        if (parallel.UsesAllToAll)
        {
            return Support.No(
                RefusalCodes.Parallel, "all-to-all", "none", parallel.AllToAll.ToString(),
                "choose the prepare/finalize of that kind");
        }

        // Experts spread over ranks with other batches can only be reached by sending tokens there.
        return parallel.UsesExpertParallel && parallel.DpSize > 1
            ? Support.No(
                RefusalCodes.Parallel, "data-parallel size with expert parallelism", "1 where tokens stay",
                $"{parallel.DpSize}", "set an all-to-all kind")
            : Support.Yes;
    }

    public override Support SupportsFormat(ActivationFormat format) => format == ActivationFormat.Standard
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat, "activation format", "standard", "batched",
            "choose the 'batched' prepare stage");

    public override Support SupportsExpertMap() => Support.Yes;

    public override Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public override Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public override Support SupportsShape(MoeShape shape) => Support.Yes;

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override Support SupportsBatchInvariance() => Support.Yes;

    public override Support SupportsDeterminism() => Support.Yes;

    public override Support SupportsLora(LoraSpec lora) => Support.Yes;
}
