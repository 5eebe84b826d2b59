namespace FusedMoe.PrepareFinalize;

/// <summary>Prepare/finalize on one GPU: nothing travels.</summary>
internal sealed class CudaLocalDescriptor(CudaLocalParts parts) : CudaLocalDescriptorBase(parts)
{
    public const string SchemeName = "cuda-local";

    public override string Name => SchemeName;

    public override string Summary => "Quantizes and reduces on the GPU; tokens stay where they are.";

    public override bool IsMonolithic => false;

    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    protected override string CpuName => "local";

    public override Support SupportsShape(MoeShape shape) => Support.Yes;

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override IPrepareAndFinalize Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new CudaLocal(this, Parts, context);
    }

    public override IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is modular; choose '{CudaLocalMonolithicDescriptor.SchemeName}'.");
}
