namespace FusedMoe.PrepareFinalize;

/// <summary>Prepare/finalize on one GPU for experts that want a block of rows each.</summary>
internal sealed class CudaBatchedDescriptor(CudaLocalParts parts) : CudaLocalDescriptorBase(parts)
{
    public const string SchemeName = "cuda-batched";

    public override string Name => SchemeName;

    public override string Summary =>
        "Fills a block of fixed capacity for each local expert on the GPU, from this rank's tokens.";

    public override bool IsMonolithic => false;

    public override ActivationFormat ActivationFormat => ActivationFormat.Batched;

    protected override string CpuName => "batched";

    /// <summary>Blocks of rows share no scales once rows moved, so such keys are refused.</summary>
    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType)
    {
        ArgumentNullException.ThrowIfNull(quant);
        return quant.Activation is { Scale.Group.Rows: > 1 } key
            ? Support.No(
                RefusalCodes.QuantScheme,
                "activation scales in expert blocks",
                "one a row, one a group of columns or one for all",
                $"{key.Scale.Group} ({key.Name})",
                $"choose '{CudaLocalDescriptor.SchemeName}'")
            : base.SupportsQuant(quant, activationDType, weightDType);
    }

    public override Support SupportsShape(MoeShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Experts <= CudaTopKRouterDescriptor.MaxExperts
            ? Support.Yes
            : Support.No(
                RefusalCodes.ExpertLimit,
                "experts",
                $"at most {CudaTopKRouterDescriptor.MaxExperts}",
                $"{shape.Experts}",
                $"choose '{CudaLocalDescriptor.SchemeName}'");
    }

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override IPrepareAndFinalize Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new CudaBatched(this, Parts, context);
    }

    public override IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is modular; choose '{CudaLocalMonolithicDescriptor.SchemeName}'.");
}
