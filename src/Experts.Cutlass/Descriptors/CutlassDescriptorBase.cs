namespace FusedMoe.Experts.Cutlass;

/// <summary>Answers that both formats give alike.</summary>
internal abstract class CutlassDescriptorBase(CutlassServices services) : IFusedExpertsDescriptor, ITunableExperts
{
    /// <summary>What the experts are built from.</summary>
    protected CutlassServices Services { get; } = services;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Summary { get; }

    /// <inheritdoc/>
    public StageKind Kind => StageKind.Experts;

    /// <inheritdoc/>
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    /// <inheritdoc/>
    public bool IsMonolithic => false;

    /// <inheritdoc/>
    public abstract ActivationFormat ActivationFormat { get; }

    /// <inheritdoc/>
    public bool ExpectsUnquantizedInputs => false;

    /// <inheritdoc/>
    public bool CanDeferFinalize => false;

    /// <inheritdoc/>
    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public abstract IFusedExperts Create(StageContext context);

    /// <inheritdoc/>
    public IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"Experts '{Name}' are modular; call {nameof(Create)}.");

    /// <inheritdoc/>
    public abstract Support SupportsDevice(DeviceTraits device);

    /// <inheritdoc/>
    public Support SupportsActivation(ActivationSpec activation) => CutlassLayer.EpilogueOf(activation) == CutlassEpilogue.Plain
        ? CutlassRefusalRules.Service(Services.Activations, "activation step on cuda")
        : Support.Yes;

    /// <inheritdoc/>
    public Support SupportsNonGated() => CutlassRefusalRules.Service(Services.Activations, "activation step on cuda");

    /// <inheritdoc/>
    public Support SupportsBias() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        CutlassRefusalRules.Quant(quant, activationDType, weightDType);

    /// <inheritdoc/>
    public Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsExpertMap() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsShape(MoeShape shape) => CutlassRefusalRules.Shape(shape);

    /// <inheritdoc/>
    public Support SupportsFormat(ActivationFormat format) => CutlassRefusalRules.Format(ActivationFormat, format);

    /// <inheritdoc/>
    public Support SupportsRouterWeightOnInput() => Support.Yes;

    /// <inheritdoc/>
    public virtual Support SupportsBatchInvariance() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsDeterminism() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsGraphCapture() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsLora(LoraSpec lora) => CutlassRefusalRules.Lora(lora);

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(layer);
        if (!CutlassRefusalRules.Device(device).IsYes)
        {
            return [];
        }

        var first = CutlassTileHeuristic.Choose(tokens, (long)tokens * layer.Shape.TopK, layer.Shape.Experts);
        return [first.Key, .. CutlassTile.All.Where(t => t != first).Select(t => t.Key)];
    }
}
