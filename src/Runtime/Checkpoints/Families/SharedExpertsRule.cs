namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// A family's shared experts: one dense MLP with gate, up and down projections (up and down in layers without a gate)
/// under <see cref="Prefix"/>. Its size is a key of config.json, or a count times the size of a routed expert.
/// </summary>
/// <param name="Prefix">Name after the layer's prefix, for example <c>shared_experts</c>.</param>
internal sealed record SharedExpertsRule(string Prefix)
{
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

    /// <summary>The layout of the MLP, as one expert.</summary>
    public ExpertLayout Layout(bool isGated) => new()
    {
        Gate = isGated ? new($"{Prefix}.gate_proj.weight") : null,
        Up = new($"{Prefix}.up_proj.weight"),
        Down = new($"{Prefix}.down_proj.weight"),
    };
}
