namespace FusedMoe.Runtime;

/// <summary>
/// Shared experts as a layer of one expert with top-k 1, so that any backend can run them. A sigmoid gate is that
/// layer's router: one logit a token, its sigmoid the weight. Without a gate every weight is 1.
/// </summary>
internal static class SharedExpertsLayer
{
    /// <summary>The layer; null without shared experts.</summary>
    /// <exception cref="ArgumentException">The shared experts' size does not fit the layer's quantization.</exception>
    public static MoeLayerSpec? Of(MoeLayerSpec layer)
    {
        if (layer.Features.SharedExperts is not { } shared)
        {
            return null;
        }

        return new MoeLayerSpec(
            new MoeShape(1, 1, layer.Shape.Hidden, shared.Intermediate),
            RoutingSpec.For(shared.HasGate ? RoutingMethod.Sigmoid : RoutingMethod.Renormalize),
            shared.Activation ?? layer.Activation,
            layer.Features with
            {
                SharedExperts = null,
                Quant = shared.Quant ?? layer.Quant,
                RouterWeightOnInput = false,
                HasExpertBias = false,
                HasGateBias = false,
            });
    }

    /// <summary>
    /// The deployment they run under: this rank's tokens, no expert parallelism, no adapters, nothing deferred.
    /// </summary>
    public static DeploymentSpec Deployment(DeploymentSpec deployment)
    {
        var parallel = deployment.Parallel;
        return deployment with
        {
            Parallel = new ParallelSpec(parallel.TpSize, parallel.TpRank),
            ExpertMap = null,
            Lora = null,
            DeferFinalize = false,
        };
    }

    /// <summary>Names under which they are chosen: the router is needed for a gate only.</summary>
    public static StageNames Names(MoeLayerSpec layer) =>
        layer.Features.SharedExperts!.HasGate ? StageNames.None : new StageNames(StageNames.NoRouter, null, null);
}
