namespace FusedMoe.Runtime.Checkpoints;

/// <summary>A family's routing: the fields that are always so, and the keys of config.json that change them.</summary>
/// <param name="Base">The routing without any key.</param>
internal sealed record RoutingRule(RoutingSpec Base)
{
    /// <summary>Boolean: weights are divided by their sum. Null when that is fixed by <see cref="Base"/>.</summary>
    public string? RenormalizeKey { get; init; }

    /// <summary>What an absent <see cref="RenormalizeKey"/> means.</summary>
    public bool RenormalizeDefault { get; init; }

    /// <summary>Number: smallest divisor when weights are divided by their sum.</summary>
    public string? FloorKey { get; init; }

    /// <summary>What an absent <see cref="FloorKey"/> means.</summary>
    public float FloorDefault { get; init; }

    /// <summary>Number: factor on the weights.</summary>
    public string? ScaleKey { get; init; }

    /// <summary>What an absent <see cref="ScaleKey"/> means; null there means 1.</summary>
    public float ScaleDefault { get; init; } = 1f;

    /// <summary>Text: <c>softmax</c> (the default) or <c>sigmoid</c>. Null when the score is fixed.</summary>
    public string? ScoreKey { get; init; }

    /// <summary>Boolean: there is a correction bias (the default). Null when that is fixed.</summary>
    public string? BiasKey { get; init; }

    /// <summary>True when renormalized weights are not scaled.</summary>
    public bool ScalesOnlyRawWeights { get; init; }

    /// <summary>Number: groups of experts.</summary>
    public string? GroupsKey { get; init; }

    /// <summary>Number: groups that are kept.</summary>
    public string? GroupsKeptKey { get; init; }

    /// <summary>What absent keys of the groups mean; null there means 1.</summary>
    public (int All, int Kept) GroupsDefault { get; init; } = (1, 1);

    /// <summary>Text: groups count only when it is <c>group_limited_greedy</c>. Null when they always count.</summary>
    public string? GroupMethodKey { get; init; }

    /// <summary>
    /// Number: p of the p-norm that weights are divided by; only 1 (their sum, the default) is known. Null: not
    /// divided.
    /// </summary>
    public string? NormOrderKey { get; init; }

    /// <summary>Number: identity experts; absent means <see cref="IdentitiesDefault"/>.</summary>
    public string? IdentitiesKey { get; init; }

    /// <summary>What an absent <see cref="IdentitiesKey"/> means; null there means 0.</summary>
    public int IdentitiesDefault { get; init; }

    /// <summary>Number: jitter of the sparse mixer.</summary>
    public string? JitterKey { get; init; }

    /// <summary>The routing that config.json describes.</summary>
    /// <exception cref="CheckpointException">A value is of the wrong kind or unknown.</exception>
    public RoutingSpec Resolve(ModelConfig config)
    {
        var spec = WithScore(WithGroups(Base, config), config);
        if (RenormalizeKey is not null)
        {
            // The softmax of selected logits sums to 1 already.
            var isNormal = spec is { Score: ScoreFunction.Softmax, ScoreAfterSelection: true };
            var renormalize = !isNormal && (config.OptionalBool(RenormalizeKey) ?? RenormalizeDefault);
            spec = spec with { Renormalize = renormalize, RenormalizeFloor = renormalize ? spec.RenormalizeFloor : 0f };
        }

        if (NormOrderKey is not null)
        {
            var order = config.OptionalNumber(NormOrderKey) ?? 1f;
            spec = order == 1f
                ? spec with { Renormalize = !config.IsNull(NormOrderKey) }
                : throw config.Wrong([NormOrderKey], "be 1 or null", $"{order}");
        }

        if (FloorKey is not null)
        {
            spec = spec with { RenormalizeFloor = config.OptionalNumber(FloorKey) ?? FloorDefault };
        }

        if (ScaleKey is not null && !(ScalesOnlyRawWeights && spec.Renormalize))
        {
            spec = spec with
            {
                Scale = config.OptionalNumber(ScaleKey) ?? (config.IsNull(ScaleKey) ? 1f : ScaleDefault),
            };
        }

        if (IdentitiesKey is not null)
        {
            spec = spec with
            {
                IdentityExperts =
                    config.OptionalSize(0, 0, IdentitiesKey) ?? (config.IsNull(IdentitiesKey) ? 0 : IdentitiesDefault),
            };
        }

        if (JitterKey is not null)
        {
            spec = spec with { SparseMixerJitter = config.OptionalNumber(JitterKey) ?? spec.SparseMixerJitter };
        }

        return Numbered(spec);
    }

    /// <summary>Gives the fields the number of the published method that they are equal to, if there is one.</summary>
    public static RoutingSpec Numbered(RoutingSpec spec)
    {
        if (spec.SparseMixerJitter is not null)
        {
            return spec with { Method = RoutingMethod.Custom };
        }

        RoutingMethod[] published =
        [
            RoutingMethod.Default, RoutingMethod.RenormalizeNaive, RoutingMethod.Renormalize, RoutingMethod.DeepSeekV3,
            RoutingMethod.Llama4, RoutingMethod.SigmoidRenorm, RoutingMethod.MiniMax2, RoutingMethod.Sigmoid,
            RoutingMethod.DeepSeekV4,
        ];
        var method = published
            .Where(m => spec with { Method = m } == RoutingSpec.For(m, spec.Groups, spec.GroupsKept, spec.Scale))
            .Select(m => (RoutingMethod?)m)
            .FirstOrDefault();
        return spec with { Method = method ?? RoutingMethod.Unspecified };
    }

    private RoutingSpec WithGroups(RoutingSpec spec, ModelConfig config)
    {
        const string Limited = "group_limited_greedy";
        var method = GroupMethodKey is null ? Limited : config.OptionalText(GroupMethodKey) ?? "greedy";
        if (method is not (Limited or "greedy"))
        {
            throw config.Wrong([GroupMethodKey!], $"be greedy or {Limited}", CheckpointException.Quote(method));
        }

        return GroupsKey is null || GroupsKeptKey is null || method != Limited
            ? spec
            : spec with
            {
                Groups = config.OptionalInt(0, GroupsKey) ?? (config.IsNull(GroupsKey) ? 1 : GroupsDefault.All),
                GroupsKept =
                    config.OptionalInt(0, GroupsKeptKey) ?? (config.IsNull(GroupsKeptKey) ? 1 : GroupsDefault.Kept),
            };
    }

    private RoutingSpec WithScore(RoutingSpec spec, ModelConfig config)
    {
        if (ScoreKey is not null)
        {
            var name = config.OptionalText(ScoreKey) ?? "softmax";
            spec = spec with
            {
                Score = name switch
                {
                    "softmax" => ScoreFunction.Softmax,
                    "sigmoid" => ScoreFunction.Sigmoid,
                    _ => throw config.Wrong([ScoreKey], "be softmax or sigmoid", CheckpointException.Quote(name)),
                },
            };
        }

        return BiasKey is null ? spec : spec with { HasCorrectionBias = config.OptionalBool(BiasKey) ?? true };
    }
}
