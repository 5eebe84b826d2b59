namespace FusedMoe.PrepareFinalize;

/// <summary>The twin of <c>cuda-local</c> for experts that route inside.</summary>
internal sealed class CudaLocalMonolithicDescriptor(CudaLocalParts parts) : CudaLocalDescriptorBase(parts)
{
    public const string SchemeName = "cuda-local-monolithic";

    public override string Name => SchemeName;

    public override string Summary => "Quantizes on the GPU for experts that route inside.";

    public override bool IsMonolithic => true;

    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    protected override string CpuName => "local-monolithic";

    public override Support SupportsShape(MoeShape shape) => Support.Yes;

    public override Support SupportsRouterWeightOnInput() => Support.No(
        RefusalCodes.RouterWeightOnInput,
        "router weight",
        "on the output",
        "on the input (the scheme does not know the weights)",
        $"choose '{CudaLocalDescriptor.SchemeName}'");

    public override IPrepareAndFinalize Create(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is monolithic; choose '{CudaLocalDescriptor.SchemeName}'.");

    public override IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new CudaLocalMonolithic(this, Parts, context);
    }
}
