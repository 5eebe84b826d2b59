namespace FusedMoe.Experts.Cpu;

/// <summary>Answers that all CPU experts give alike.</summary>
internal abstract class CpuDescriptorBase : IFusedExpertsDescriptor
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Summary { get; }

    /// <inheritdoc/>
    public virtual ActivationFormat ActivationFormat => ActivationFormat.Standard;

    /// <inheritdoc/>
    public virtual bool IsMonolithic => false;

    /// <inheritdoc/>
    public StageKind Kind => StageKind.Experts;

    /// <inheritdoc/>
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    /// <inheritdoc/>
    public bool ExpectsUnquantizedInputs => false;

    /// <inheritdoc/>
    public bool CanDeferFinalize => false;

    /// <inheritdoc/>
    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public virtual IFusedExperts Create(StageContext context) => throw new InvalidOperationException(
        $"Experts '{Name}' are monolithic; call {nameof(CreateMonolithic)}.");

    /// <inheritdoc/>
    public virtual IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException(
        $"Experts '{Name}' are modular; call {nameof(Create)}.");

    /// <inheritdoc/>
    public Support SupportsDevice(DeviceTraits device) => CpuRefusals.Device(device);

    /// <inheritdoc/>
    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsNonGated() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsBias() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        CpuRefusals.Quant(quant, activationDType, weightDType);

    /// <inheritdoc/>
    public Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsExpertMap() => Support.Yes;

    /// <inheritdoc/>
    public virtual Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    /// <inheritdoc/>
    public virtual Support SupportsRouterLogits(DType dtype) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsShape(MoeShape shape) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsFormat(ActivationFormat format) => CpuRefusals.Format(ActivationFormat, format);

    /// <inheritdoc/>
    public virtual Support SupportsRouterWeightOnInput() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsBatchInvariance() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsDeterminism() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsGraphCapture() => CpuRefusals.GraphCapture();

    /// <inheritdoc/>
    public Support SupportsLora(LoraSpec lora) => CpuRefusals.Lora(lora);
}
