namespace FusedMoe;

/// <summary>Where and how a layer runs. Immutable; <see cref="Problems"/> is checked by the composer.</summary>
public sealed record DeploymentSpec
{
    /// <summary>Facts about the device.</summary>
    public required DeviceTraits Device { get; init; }

    /// <summary>The largest <see cref="MaxTokens"/>.</summary>
    public const int LargestMaxTokens = 1_048_576;

    /// <summary>Most tokens one call may bring on this rank (T); sizes every buffer. 1 to 1048576.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>Parallel configuration of this rank.</summary>
    public ParallelSpec Parallel { get; init; } = ParallelSpec.Single;

    /// <summary>
    /// Map from global to local experts, <c>[G]</c>, -1 for experts of other ranks; null for contiguous equal shares
    /// (the first ranks take one more when they do not divide evenly).
    /// </summary>
    public IReadOnlyList<int>? ExpertMap { get; init; }

    /// <summary>True when calls are captured in a graph and replayed.</summary>
    public bool GraphCapture { get; init; }

    /// <summary>True when a row's bits must not depend on the other rows.</summary>
    public bool BatchInvariant { get; init; }

    /// <summary>True (the default) when results must be bitwise the same from run to run.</summary>
    public bool Deterministic { get; init; } = true;

    /// <summary>
    /// True when the consumer takes the experts' output before weighting and reduction, if the chain can give it.
    /// </summary>
    public bool DeferFinalize { get; init; }

    /// <summary>LoRA adapters, or null.</summary>
    public LoraSpec? Lora { get; init; }

    /// <summary>What is wrong with these fields for <paramref name="layer"/>; empty when nothing is.</summary>
    public IEnumerable<string> Problems(MoeLayerSpec layer)
    {
        if (MaxTokens is < 1 or > LargestMaxTokens)
        {
            yield return $"max tokens must be 1 to {LargestMaxTokens}, got {MaxTokens}";
        }

        if (Parallel.EpSize > layer.Shape.Experts)
        {
            yield return $"expert-parallel size must be at most the {layer.Shape.Experts} experts, got {Parallel.EpSize}";
        }

        if (layer.Shape.Intermediate % Parallel.TpSize != 0)
        {
            yield return $"intermediate size must be a multiple of the tensor-parallel size {Parallel.TpSize}, "
                + $"got {layer.Shape.Intermediate}";
        }

        if (ExpertMap is { } map && map.Count != layer.Shape.Experts)
        {
            yield return $"expert map must have {layer.Shape.Experts} entries (one an expert), got {map.Count}";
        }
    }
}
