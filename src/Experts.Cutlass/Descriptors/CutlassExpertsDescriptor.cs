namespace FusedMoe.Experts.Cutlass;

/// <summary>Offers <c>cutlass</c>.</summary>
internal sealed class CutlassExpertsDescriptor(CutlassServices services) : IFusedExpertsDescriptor, ITunableExperts
{
    /// <inheritdoc/>
    public string Name => CutlassNames.Experts;

    /// <inheritdoc/>
    public string Summary => "Hopper grouped products: weights by TMA, tensor-core sums, the activation in the first one's epilogue.";

    /// <inheritdoc/>
    public StageKind Kind => StageKind.Experts;

    /// <inheritdoc/>
    public DeviceKind DeviceKind => DeviceKind.Cuda;

    /// <inheritdoc/>
    public bool IsMonolithic => false;

    /// <inheritdoc/>
    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    /// <inheritdoc/>
    public bool ExpectsUnquantizedInputs => false;

    /// <inheritdoc/>
    public bool CanDeferFinalize => false;

    /// <inheritdoc/>
    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    /// <inheritdoc/>
    public IFusedExperts Create(StageContext context) => new CutlassExperts(this, context, services);

    /// <inheritdoc/>
    public IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"Experts '{Name}' are modular; call {nameof(Create)}.");

    /// <inheritdoc/>
    public Support SupportsDevice(DeviceTraits device)
    {
        var answer = CutlassRefusalRules.Device(device);
        return answer.IsYes ? CutlassRefusalRules.Service(services.Alignment, "expert alignment on cuda") : answer;
    }

    /// <inheritdoc/>
    public Support SupportsActivation(ActivationSpec activation) => CutlassLayer.EpilogueOf(activation) == CutlassEpilogue.Plain
        ? CutlassRefusalRules.Service(services.Activations, "activation step on cuda")
        : Support.Yes;

    /// <inheritdoc/>
    public Support SupportsNonGated() => CutlassRefusalRules.Service(services.Activations, "activation step on cuda");

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
    public Support SupportsFormat(ActivationFormat format) => CutlassRefusalRules.Format(format);

    /// <inheritdoc/>
    public Support SupportsRouterWeightOnInput() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsBatchInvariance() => CutlassRefusalRules.Invariance(services.Options.Tile);

    /// <inheritdoc/>
    public Support SupportsDeterminism() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsGraphCapture() => Support.Yes;

    /// <inheritdoc/>
    public Support SupportsLora(LoraSpec lora) => CutlassRefusalRules.Lora(lora);

    /// <inheritdoc/>
    public IReadOnlyList<string> Configurations(MoeLayerSpec layer, int tokens)
    {
        ArgumentNullException.ThrowIfNull(layer);
        string[] few = DecodeHeuristic.Fits(tokens, layer.Shape.TopK) ? [DecodeHeuristic.Configuration] : [];
        var first = CutlassTileHeuristic.Choose((long)tokens * layer.Shape.TopK, layer.Shape.Experts);
        return [.. few, first.Key, .. CutlassTile.All.Where(t => t != first).Select(t => t.Key)];
    }
}
