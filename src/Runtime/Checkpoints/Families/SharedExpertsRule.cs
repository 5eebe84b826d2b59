namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// A family's shared experts: one dense MLP with gate, up and down projections (up and down in layers without a gate)
/// under one of <see cref="Prefixes"/>. Its size is a key of config.json, or a count times the size of a routed expert.
/// </summary>
/// <param name="Prefixes">
/// Names after the layer's prefix, for example <c>shared_experts</c>; several where they differ between releases.
/// </param>
internal sealed record SharedExpertsRule(params IReadOnlyList<string> Prefixes)
{
    private static readonly (string Gate, string Up, string Down) Usual = ("gate_proj", "up_proj", "down_proj");

    /// <summary>Names of the projections, best first.</summary>
    public IReadOnlyList<(string Gate, string Up, string Down)> Projections { get; init; } = [Usual];

    /// <summary>Key of the size; absent or 0 means no shared experts. Null when a count gives the size.</summary>
    public string? SizeKey { get; init; }

    /// <summary>Key of the count; absent means <see cref="CountDefault"/>. Null for exactly one.</summary>
    public string? CountKey { get; init; }

    /// <summary>What an absent <see cref="CountKey"/> means.</summary>
    public int CountDefault { get; init; }

    /// <summary>Name of the sigmoid gate after the layer's prefix, or null.</summary>
    public string? GateName { get; init; }

    /// <summary>Intermediate size of all shared experts together; 0 when there are none.</summary>
    public int Intermediate(ModelConfig config, int layer, int routedIntermediate)
    {
        if (SizeKey is not null)
        {
            return config.OptionalSize(layer, 0, SizeKey) ?? 0;
        }

        var count = CountKey is null ? 1 : config.OptionalSize(layer, 0, CountKey) ?? CountDefault;
        var size = (long)count * routedIntermediate;
        return size <= ModelConfig.LargestSize
            ? (int)size
            : throw config.Wrong(
                [CountKey!], $"make shared experts of at most {ModelConfig.LargestSize} elements", $"{count}");
    }

    /// <summary>The layouts that the MLP may have, as one expert.</summary>
    public IReadOnlyList<ExpertLayout> Layouts(bool isGated) =>
        Prefixes.SelectMany(prefix => Projections.Select(names => new ExpertLayout
        {
            Gate = isGated ? new($"{prefix}.{names.Gate}.weight") : null,
            Up = new($"{prefix}.{names.Up}.weight"),
            Down = new($"{prefix}.{names.Down}.weight"),
        })).ToArray();
}
