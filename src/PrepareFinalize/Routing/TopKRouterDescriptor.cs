namespace FusedMoe.PrepareFinalize;

/// <summary>The CPU router: every routing method, sparse mixer, hash tables and simulated ids included.</summary>
internal sealed class TopKRouterDescriptor : CpuStageDescriptor, IRouterDescriptor
{
    public const string RouterName = "topk";

    public override string Name => RouterName;

    public override string Summary => "Routes on the CPU with every published method, in float32 with a fixed order.";

    public override StageKind Kind => StageKind.Router;

    protected override string GpuName => "cuda-topk";

    public IRouter Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TopKRouter(this, context);
    }

    public override Support SupportsRouting(RoutingSpec routing)
    {
        ArgumentNullException.ThrowIfNull(routing);
        return routing.Method != RoutingMethod.Custom || routing.SparseMixerJitter is not null
            ? Support.Yes
            : Support.No(
                RefusalCodes.Routing, "custom routing", "the sparse mixer (a jitter)", "no jitter",
                "set SparseMixerJitter or another method");
    }

    public override Support SupportsRouterLogits(DType dtype) => dtype.IsActivation()
        ? Support.Yes
        : Support.No(RefusalCodes.RouterLogits, "router logits type", "float32, bf16 or fp16", dtype.Name());

    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => Support.Yes;

    public override Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    public override Support SupportsExpertMap() => Support.Yes;

    public override Support SupportsShape(MoeShape shape) => Support.Yes;

    public override Support SupportsFormat(ActivationFormat format) => Support.Yes;

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override Support SupportsBatchInvariance() => Support.Yes;

    public override Support SupportsDeterminism() => Support.Yes;

    public override Support SupportsLora(LoraSpec lora) => Support.Yes;
}
