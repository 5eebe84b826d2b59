namespace FusedMoe.Runtime.Checkpoints;

/// <summary>A family's activation: the key that names it, and whether a gate multiplies it.</summary>
/// <param name="Key">
/// Text in config.json, for example <c>hidden_act</c>; absent means <paramref name="Default"/>.
/// </param>
/// <param name="Default">What an absent key means.</param>
/// <param name="IsGated">True when the first product is twice as wide.</param>
internal sealed record ActivationRule(string Key = "hidden_act", string Default = "silu", bool IsGated = true)
{
    private static readonly Dictionary<string, ActivationKind> Gated = new(StringComparer.Ordinal)
    {
        ["silu"] = ActivationKind.Silu,
        ["swish"] = ActivationKind.Silu,
        ["gelu"] = ActivationKind.Gelu,
        ["gelu_new"] = ActivationKind.GeluTanh,
        ["gelu_pytorch_tanh"] = ActivationKind.GeluTanh,
    };

    private static readonly Dictionary<string, ActivationKind> Plain = new(StringComparer.Ordinal)
    {
        ["relu2"] = ActivationKind.Relu2NoMul,
        ["silu"] = ActivationKind.SiluNoMul,
        ["gelu"] = ActivationKind.GeluNoMul,
        ["gelu_pytorch_tanh"] = ActivationKind.GeluTanhNoMul,
    };

    /// <summary>
    /// Number: the clamp of swigluoai. When given, the activation is swigluoai whatever <see cref="Key"/> says.
    /// </summary>
    public string? SwigluOaiLimitKey { get; init; }

    /// <summary>
    /// Number: the slope of swigluoai. When given, gate rows lie before up rows instead of between them.
    /// </summary>
    public string? SwigluOaiAlphaKey { get; init; }

    /// <summary>Number: the clamp of silu. Null when the family has no such key.</summary>
    public string? SiluLimitKey { get; init; }

    /// <summary>What an absent <see cref="SiluLimitKey"/> means; null for no clamp.</summary>
    public float? SiluLimitDefault { get; init; }

    /// <summary>
    /// List of one number a layer: the clamp of swiglustep; null or 0 for silu without a clamp. The family has no
    /// <see cref="Key"/>.
    /// </summary>
    public string? StepLimitsKey { get; init; }

    /// <summary>The activation that config.json describes for layer <paramref name="layer"/>.</summary>
    /// <exception cref="CheckpointException">The function is unknown; the known ones are listed.</exception>
    public ActivationSpec Resolve(ModelConfig config, int layer)
    {
        if (StepLimitsKey is not null)
        {
            return config.OptionalNumberOfLayer(layer, StepLimitsKey) is { } step and not 0
                ? new(ActivationKind.SwigluStep, Positive(config, StepLimitsKey, step))
                : ActivationSpec.Silu;
        }

        if (SwigluOaiLimitKey is not null)
        {
            return SwigluOai(config, Positive(config, SwigluOaiLimitKey));
        }

        var known = IsGated ? Gated : Plain;
        var name = config.OptionalText(Key) ?? Default;
        return known.TryGetValue(name, out var kind)
            ? new ActivationSpec(kind, SiluLimit(config))
            : throw config.Wrong([Key], $"be one of {string.Join(", ", known.Keys)}", CheckpointException.Quote(name));
    }

    private ActivationSpec SwigluOai(ModelConfig config, float? limit) => SwigluOaiAlphaKey is null
        ? new(ActivationKind.SwigluOai, limit)
        : new(
            ActivationKind.SwigluOaiUninterleave, limit ?? 7f, config.OptionalNumber(SwigluOaiAlphaKey) ?? 1.702f, beta: 1f);

    private float? SiluLimit(ModelConfig config) => SiluLimitKey is null
        ? null
        : Positive(config, SiluLimitKey) ?? (config.IsNull(SiluLimitKey) ? null : SiluLimitDefault);

    private static float? Positive(ModelConfig config, string key) => Positive(config, key, config.OptionalNumber(key));

    private static float? Positive(ModelConfig config, string key, float? value) =>
        value is null or > 0 ? value : throw config.Wrong([key], "be greater than 0", $"{value}");
}
