namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Small float32 layers.</summary>
internal static class Layers
{
    public static MoeLayerFeatures Features { get; } = new()
    {
        ActivationDType = DType.Float32,
        WeightDType = DType.Float32,
    };

    public static MoeLayerSpec Plain(int experts = 4, int topK = 2, MoeLayerFeatures? features = null) => new(
        new MoeShape(experts, topK, 8, 6),
        RoutingSpec.For(RoutingMethod.Renormalize),
        ActivationSpec.Silu,
        features ?? Features);

    public static MoeLayerSpec Shared(bool hasGate) =>
        Plain(features: Features with { SharedExperts = new SharedExpertsSpec(10, hasGate) });

    /// <summary>Four experts and five that give back their input.</summary>
    public static MoeLayerSpec Identity(MoeLayerFeatures? features = null)
    {
        var plain = Plain(features: features);
        return new(plain.Shape, plain.Routing with { IdentityExperts = 5 }, plain.Activation, plain.Features);
    }
}
