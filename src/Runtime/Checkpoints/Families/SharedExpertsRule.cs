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

    /// <summary>Name of one projection that holds gate and up, which some files have instead of the two.</summary>
    public string? GateUpName { get; init; }

    /// <summary>
    /// Module of the same projections beside the layer's block instead of inside it, for example <c>share_expert</c>.
    /// </summary>
    public string? Beside { get; init; }

    /// <summary>Activation where it is not the layer's; null for the layer's.</summary>
    public ActivationRule? Activation { get; init; }

    /// <summary>
    /// Text: <c>average</c> (the default) when the output is the mean of shared and routed experts, <c>sum</c> when it is
    /// their sum. Null when it is always the sum.
    /// </summary>
    public string? CombinationKey { get; init; }

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

    /// <summary>True when shared and routed experts count one half each.</summary>
    public bool IsAverage(ModelConfig config)
    {
        var name = CombinationKey is null ? "sum" : config.OptionalText(CombinationKey) ?? "average";
        return name is "sum" or "average"
            ? name == "average"
            : throw config.Wrong([CombinationKey!], "be average or sum", CheckpointException.Quote(name));
    }

    /// <summary>The layouts that the MLP may have inside the block, as one expert.</summary>
    public IReadOnlyList<ExpertLayout> Layouts(bool isGated) =>
        Prefixes.SelectMany(prefix => LayoutsUnder(prefix, isGated)).ToArray();

    /// <summary>The layouts that the MLP may have beside the block.</summary>
    public IReadOnlyList<ExpertLayout> LayoutsBeside(bool isGated) =>
        Beside is null ? [] : LayoutsUnder(Beside, isGated).ToArray();

    private IEnumerable<ExpertLayout> LayoutsUnder(string prefix, bool isGated)
    {
        foreach (var (gate, up, down) in Projections)
        {
            yield return new()
            {
                Gate = isGated ? new($"{prefix}.{gate}.weight") : null,
                Up = new($"{prefix}.{up}.weight"),
                Down = new($"{prefix}.{down}.weight"),
            };
        }

        if (GateUpName is not null)
        {
            yield return ExpertLayout.Fused($"{prefix}.{GateUpName}.weight", $"{prefix}.{Projections[0].Down}.weight");
        }
    }
}
