namespace FusedMoe.Experts.Cutlass;

/// <summary>Offers <c>cutlass-batched</c>.</summary>
internal sealed class CutlassBatchedExpertsDescriptor(CutlassServices services) : CutlassDescriptorBase(services)
{
    /// <inheritdoc/>
    public override string Name => CutlassNames.Batched;

    /// <inheritdoc/>
    public override string Summary =>
        "Hopper grouped products over a block of rows an expert, bounded by counts on the device.";

    /// <inheritdoc/>
    public override ActivationFormat ActivationFormat => ActivationFormat.Batched;

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new CutlassBatchedExperts(this, context, Services);

    /// <inheritdoc/>
    public override Support SupportsDevice(DeviceTraits device) => CutlassRefusalRules.Device(device);
}
