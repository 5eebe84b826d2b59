namespace FusedMoe.Experts.Triton;

/// <summary>Offers <c>triton-batched</c>.</summary>
internal sealed class TritonBatchedExpertsDescriptor(TritonServices services) : TritonDescriptorBase(services)
{
    /// <inheritdoc/>
    public override string Name => TritonNames.Batched;

    /// <inheritdoc/>
    public override string Summary =>
        $"Triton grouped products on CUDA, batched format ({Services.Images.Count} compiled kernels).";

    /// <inheritdoc/>
    public override ActivationFormat ActivationFormat => ActivationFormat.Batched;

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new TritonBatchedExperts(this, context, Services);

    /// <inheritdoc/>
    public override Support SupportsDevice(DeviceTraits device) =>
        TritonRefusalRules.BatchedDevice(device, Services.Images);
}
