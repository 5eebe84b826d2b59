namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Which layers of a family hold experts, by keys of config.json. Rules that are null exclude nothing.
/// </summary>
internal sealed record LayerRule
{
    /// <summary>Number: layers before it are dense.</summary>
    public string? FirstKey { get; init; }

    /// <summary>Number: layers after it are dense; -1 for none.</summary>
    public string? LastKey { get; init; }

    /// <summary>Number s: layer i has experts when i + 1 is a multiple of s.</summary>
    public string? StepKey { get; init; }

    /// <summary>Number f: layer i has experts when i is a multiple of f.</summary>
    public string? FrequencyKey { get; init; }

    /// <summary>List: these layers are dense.</summary>
    public string? DenseKey { get; init; }

    /// <summary>List: these layers, and no others, have experts; absent: the step decides.</summary>
    public string? ListKey { get; init; }

    /// <summary>Number p, with <see cref="OffsetKey"/> o: layer i has experts when i mod p is o.</summary>
    public string? PeriodKey { get; init; }

    /// <summary>See <see cref="PeriodKey"/>.</summary>
    public string? OffsetKey { get; init; }

    /// <summary>List of block kinds: layers of kind <c>moe</c> or <c>sparse</c> have experts.</summary>
    public string? KindsKey { get; init; }

    /// <summary>The same as a text of one letter a layer, E for experts.</summary>
    public string? PatternKey { get; init; }

    /// <summary>True when config.json gives layer <paramref name="layer"/> experts.</summary>
    public bool HasExperts(ModelConfig config, int layer) =>
        ListKey is not null && config.OptionalInts(ListKey) is { } list
            ? list.Contains(layer)
            : InRange(config, layer) && InStep(config, layer) && OfKind(config, layer);

    private bool InRange(ModelConfig config, int layer)
    {
        var last = LastKey is null ? -1 : config.OptionalInt(layer, LastKey) ?? -1;
        return (FirstKey is null || layer >= (config.OptionalInt(layer, FirstKey) ?? 0))
            && (last < 0 || layer <= last)
            && (DenseKey is null || config.OptionalInts(DenseKey)?.Contains(layer) != true);
    }

    private bool InStep(ModelConfig config, int layer)
    {
        var step = StepKey is null ? 1 : config.OptionalInt(layer, StepKey) ?? 1;
        var frequency = FrequencyKey is null ? 1 : config.OptionalInt(layer, FrequencyKey) ?? 1;
        var period = PeriodKey is null ? 1 : config.OptionalInt(layer, PeriodKey) ?? 1;
        var offset = OffsetKey is null ? 0 : config.OptionalInt(layer, OffsetKey) ?? 0;
        return (layer + 1) % Math.Max(step, 1) == 0
            && layer % Math.Max(frequency, 1) == 0
            && layer % Math.Max(period, 1) == offset;
    }

    private bool OfKind(ModelConfig config, int layer)
    {
        if (KindsKey is not null && config.OptionalTexts(KindsKey) is { } kinds)
        {
            return layer < kinds.Count && kinds[layer] is "moe" or "sparse";
        }

        return PatternKey is null || config.OptionalText(PatternKey) is not { } pattern
            || (layer < pattern.Length && pattern[layer] == 'E');
    }
}
