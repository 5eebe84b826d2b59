using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

/// <summary>Layers that a laptop measures in no time.</summary>
internal static class SmallShapes
{
    public static NamedShape Silu { get; } = new(
        "small-silu",
        new MoeLayerSpec(new MoeShape(8, 2, 96, 64), RoutingSpec.For(RoutingMethod.Renormalize), ActivationSpec.Silu));

    public static NamedShape SwigluOaiWithBiases { get; } = new(
        "small-swigluoai",
        new MoeLayerSpec(
            new MoeShape(8, 2, 96, 64),
            RoutingSpec.For(RoutingMethod.Renormalize),
            new ActivationSpec(ActivationKind.SwigluOai),
            new MoeLayerFeatures { HasExpertBias = true }));

    public static NamedShape OneOfFourRanks { get; } = Silu with { Name = "small-ep4", ExpertRanks = 4 };

    public static IReadOnlyList<NamedShape> All => [Silu, SwigluOaiWithBiases, OneOfFourRanks];
}
