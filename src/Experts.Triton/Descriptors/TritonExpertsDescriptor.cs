namespace FusedMoe.Experts.Triton;

/// <summary>Offers <c>triton</c>.</summary>
internal sealed class TritonExpertsDescriptor(TritonServices services) : TritonDescriptorBase(services)
{
    /// <inheritdoc/>
    public override string Name => TritonNames.Standard;

    /// <inheritdoc/>
    public override string Summary =>
        $"Triton grouped products on CUDA, standard format ({Services.Images.Count} compiled kernels).";

    /// <inheritdoc/>
    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new TritonExperts(this, context, Services);

    /// <inheritdoc/>
    public override Support SupportsDevice(DeviceTraits device)
    {
        var answer = TritonRefusalRules.Device(device, Services.Images);
        return answer.IsYes ? TritonRefusalRules.Alignment(Services.Alignment) : answer;
    }
}
