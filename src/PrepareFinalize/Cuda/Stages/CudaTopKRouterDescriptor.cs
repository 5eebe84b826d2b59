namespace FusedMoe.PrepareFinalize;

/// <summary>The GPU router: every routing method in one launch.</summary>
internal sealed class CudaTopKRouterDescriptor(CudaLauncher launcher) : CudaStageDescriptor, IRouterDescriptor
{
    public const string RouterName = "cuda-topk";

    /// <summary>Most experts, k and groups that the kernels hold in one warp.</summary>
    public const int MaxExperts = 1024;

    /// <inheritdoc cref="MaxExperts"/>
    public const int MaxTopK = 32;

    /// <inheritdoc cref="MaxExperts"/>
    public const int MaxGroups = 32;

    public override string Name => RouterName;

    public override string Summary => "Routes on the GPU with every published method in one launch, bit-equal to 'topk'.";

    public override StageKind Kind => StageKind.Router;

    protected override string CpuName => TopKRouterDescriptor.RouterName;

    public IRouter Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new CudaTopKRouter(this, launcher, context);
    }

    public override Support SupportsRouting(RoutingSpec routing)
    {
        ArgumentNullException.ThrowIfNull(routing);
        if (routing.Groups > MaxGroups)
        {
            return Support.No(
                RefusalCodes.Routing,
                "routing groups",
                $"at most {MaxGroups}",
                $"{routing.Groups}",
                $"choose '{CpuName}' on a cpu device");
        }

        return routing.Method != RoutingMethod.Custom || routing.SparseMixerJitter is not null
            ? Support.Yes
            : Support.No(
                RefusalCodes.Routing,
                "custom routing",
                "the sparse mixer (a jitter)",
                "no jitter",
                "set SparseMixerJitter or another method");
    }

    public override Support SupportsRouterLogits(DType dtype) => dtype.IsActivation()
        ? Support.Yes
        : Support.No(RefusalCodes.RouterLogits, "router logits type", "float32, bf16 or fp16", dtype.Name());

    public override Support SupportsShape(MoeShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Experts > MaxExperts)
        {
            return Support.No(
                RefusalCodes.ExpertLimit, "experts", $"at most {MaxExperts}", $"{shape.Experts}", "route on a cpu device");
        }

        return shape.TopK <= MaxTopK
            ? Support.Yes
            : Support.No(RefusalCodes.TopKLimit, "top-k", $"1 to {MaxTopK}", $"{shape.TopK}", "route on a cpu device");
    }

    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => Support.Yes;

    public override Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    public override Support SupportsExpertMap() => Support.Yes;

    public override Support SupportsFormat(ActivationFormat format) => Support.Yes;

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override Support SupportsBatchInvariance() => Support.Yes;

    public override Support SupportsDeterminism() => Support.Yes;

    public override Support SupportsLora(LoraSpec lora) => Support.Yes;
}
