namespace FusedMoe.Experts.Triton;

/// <summary>Answers that both backends give alike.</summary>
internal abstract class TritonDescriptorBase(TritonServices services)
    : IFusedExpertsDescriptor, IDeviceBoundQuant, ITunableExperts
{
    /// <summary>What the backends are built from.</summary>
    protected TritonServices Services { get; } = services;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Summary { get; }

    /// <inheritdoc/>
    public abstract ActivationFormat ActivationFormat { get; }

    /// <inheritdoc/>
    public bool IsMonolithic => false;

    /// <inheritdoc/>
    public StageKind Kind => StageKind.Experts;

    /// <inheritdoc/>
    public DeviceKind DeviceKind => DeviceKind.Cuda;

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
    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsNonGated() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsBias() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType)
    {
        var answer = TritonRefusalRules.Quant(quant, activationDType, weightDType);
        return answer.IsYes ? TritonRefusalRules.Quantizer(quant, Services.Quantizer) : answer;
    }

    /// <inheritdoc/>
    public Support SupportsQuantOn(
        DeviceTraits device, MoeShape shape, QuantSpec quant, DType activationDType, DType weightDType)
    {
        // What another query refuses gets no second reason here.
        if (!TritonRefusalRules.Quant(quant, activationDType, weightDType).IsYes
            || TritonScheme.For(quant, activationDType) is not { } scheme)
        {
            return Support.Yes;
        }

        var isBatched = ActivationFormat == ActivationFormat.Batched;
        var answer = TritonRefusalRules.Images(device, scheme, isBatched, Services.Images);
        return answer.IsYes ? TritonRefusalRules.Sizes(device, shape, scheme, isBatched, Services.Images) : answer;
    }

    /// <inheritdoc/>
    public Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsExpertMap() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsShape(MoeShape shape) => TritonRefusalRules.Shape(shape);

    /// <inheritdoc/>
    public Support SupportsFormat(ActivationFormat format) => TritonRefusalRules.Format(ActivationFormat, format);

    /// <inheritdoc/>
    public Support SupportsRouterWeightOnInput() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsBatchInvariance() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsDeterminism() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsGraphCapture() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsLora(LoraSpec lora) => TritonRefusalRules.Lora(lora);

    /// <inheritdoc/>
    public IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(layer);
        if (TritonScheme.For(layer.Quant, layer.ActivationDType) is not { } scheme)
        {
            return [];
        }

        // Which tiles there are does not depend on how many of the experts this rank has.
        var facts = new TritonLayer(
            layer.Shape, layer.Shape.Experts, layer.GateUpSize, layer.ActivationDType, scheme,
            ActivationPlan.For(layer.Activation), device, ActivationFormat == ActivationFormat.Batched,
            layer.Activation.IsInterleaved, IsBatchInvariant: false);
        var planner = new TritonPlanner(Services.Images, facts, Services.Options.TinyBatchPairs);
        return planner.RowBlocks.Count == 0 ? [] : planner.Configurations(tokens);
    }
}
