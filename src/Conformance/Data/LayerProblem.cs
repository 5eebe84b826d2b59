namespace FusedMoe.Conformance;

/// <summary>A layer with inputs, as a key: everything else is drawn from it deterministically.</summary>
internal sealed record LayerProblem(MoeLayerSpec Layer, int Tokens, IdPattern Ids = IdPattern.Random, int Seed = 7)
{
    public int TopK => Layer.Shape.TopK;

    /// <summary>Ids a token: top-k, and one for each fused shared expert.</summary>
    public int Slots => TopK + Layer.Routing.FusedSharedExperts;

    /// <summary>The problem with parts of its layer replaced, or null when they make no valid layer.</summary>
    public LayerProblem? With(
        MoeShape? shape = null,
        RoutingSpec? routing = null,
        ActivationSpec? activation = null,
        Func<MoeLayerFeatures, MoeLayerFeatures>? features = null)
    {
        var changed = features is null ? Layer.Features : features(Layer.Features);
        var newShape = shape ?? Layer.Shape;
        var newRouting = routing ?? Layer.Routing;
        if (changed.Problems(newShape).Any() || newRouting.Problems(newShape.Experts, newShape.TopK).Any())
        {
            return null;
        }

        return this with { Layer = new MoeLayerSpec(newShape, newRouting, activation ?? Layer.Activation, changed) };
    }

    public override string ToString() => $"{Layer}, {Tokens} tokens, ids {Ids}, seed {Seed}";
}
