namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>One randomized layer and call: what to build, and the seed that it is built from.</summary>
public sealed record LayerCase
{
    public MoeShape Shape { get; init; } = new(6, 2, 80, 48);

    public ActivationSpec Activation { get; init; } = ActivationSpec.Silu;

    public MoeLayerFeatures Features { get; init; } = new();

    public int Tokens { get; init; } = 9;

    public int Seed { get; init; } = 7;

    /// <summary>Map of the call, or null for all experts local.</summary>
    public int[]? ExpertMap { get; init; }

    public int LocalExperts => ExpertMap is null ? Shape.Experts : ExpertMap.Max() + 1;

    public MoeLayerSpec Layer => new(Shape, RoutingSpec.For(RoutingMethod.Default), Activation, Features);

    public override string ToString() =>
        $"{Shape}, {Activation}, {Features.Quant}, "
        + $"act {Features.ActivationDType.Name()}, weight {Features.WeightDType.Name()}, "
        + $"bias {Features.HasExpertBias}, tokens {Tokens}, seed {Seed}";
}
