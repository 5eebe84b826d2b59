namespace FusedMoe.Experts.Cutlass;

/// <summary>Offers <c>cutlass</c>.</summary>
internal sealed class CutlassExpertsDescriptor(CutlassServices services) : CutlassDescriptorBase(services)
{
    /// <inheritdoc/>
    public override string Name => CutlassNames.Experts;

    /// <inheritdoc/>
    public override string Summary =>
        "Hopper grouped products: weights by TMA, tensor-core sums, the activation in the first one's epilogue.";

    /// <inheritdoc/>
    public override ActivationFormat ActivationFormat => ActivationFormat.Standard;

    /// <inheritdoc/>
    public override IFusedExperts Create(StageContext context) => new CutlassExperts(this, context, Services);

    /// <inheritdoc/>
    public override Support SupportsDevice(DeviceTraits device)
    {
        var answer = CutlassRefusalRules.Device(device);
        if (!answer.IsYes)
        {
            return answer;
        }

        var alignment = CutlassRefusalRules.Service(Services.Alignment, "expert alignment on cuda");
        return alignment.IsYes ? CutlassRefusalRules.Service(Services.Reductions, "weighted sum on cuda") : alignment;
    }

    /// <inheritdoc/>
    public override Support SupportsBatchInvariance() => CutlassRefusalRules.Invariance(Services.Options.Tile);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens)
    {
        var tiles = base.Configurations(device, layer, tokens);
        return tiles.Count > 0 && DecodeHeuristic.Fits(tokens, layer.Shape.TopK)
            ? [DecodeHeuristic.Configuration, .. tiles]
            : tiles;
    }
}
