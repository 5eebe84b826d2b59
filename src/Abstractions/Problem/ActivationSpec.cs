namespace FusedMoe;

/// <summary>An activation and its parameters. Build through the constructor, which validates.</summary>
public sealed record ActivationSpec
{
    /// <summary>
    /// The activation <paramref name="kind"/> with its parameters; a null takes the published default.
    /// </summary>
    /// <param name="kind">Function.</param>
    /// <param name="limit">Clamp L, greater than 0. Default: 7 for swigluoai and swiglustep, none otherwise.</param>
    /// <param name="alpha">Sigmoid slope. Default: 1.702 for swigluoai, 1 otherwise.</param>
    /// <param name="beta">Up offset (default 1 for swigluoai, 0 otherwise), or b of situ (required).</param>
    /// <param name="linearBeta">l of situ, greater than 0, or null for none.</param>
    /// <exception cref="ArgumentException">A parameter is missing, out of range or foreign to the function.</exception>
    public ActivationSpec(
        ActivationKind kind, float? limit = null, float? alpha = null, float? beta = null, float? linearBeta = null)
    {
        Kind = kind;
        var oai = kind is ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave;
        Limit = limit ?? (kind is ActivationKind.SwigluOai or ActivationKind.SwigluStep ? 7f : null);
        Alpha = alpha ?? (kind == ActivationKind.SwigluOai ? 1.702f : 1f);
        Beta = beta ?? (kind == ActivationKind.SwigluOai ? 1f : 0f);
        LinearBeta = linearBeta;
        Require(Limit is null or > 0, "limit", "greater than 0", Limit);
        Require(Limit is null || IsGated && kind is not (ActivationKind.Gelu or ActivationKind.GeluTanh or ActivationKind.Situ),
            "limit", "absent", Limit);
        Require(kind != ActivationKind.SwigluOaiUninterleave || Limit is not null, "limit", "given", Limit);
        Require(alpha is null || oai, "alpha", "absent", alpha);
        Require(beta is null || oai || kind == ActivationKind.Situ, "beta", "absent", beta);
        Require(kind != ActivationKind.Situ || Beta > 0, "beta", "greater than 0", beta);
        Require(
            linearBeta is null || (kind == ActivationKind.Situ && linearBeta > 0),
            "linearBeta",
            "absent, or greater than 0 for situ",
            linearBeta);
    }

    /// <summary>SwiGLU without a limit.</summary>
    public static ActivationSpec Silu { get; } = new(ActivationKind.Silu);

    /// <summary>Function.</summary>
    public ActivationKind Kind { get; }

    /// <summary>Clamp L, or null for none.</summary>
    public float? Limit { get; }

    /// <summary>Sigmoid slope of the swigluoai forms.</summary>
    public float Alpha { get; }

    /// <summary>Up offset of the swigluoai forms, or b of situ.</summary>
    public float Beta { get; }

    /// <summary>l of situ, or null.</summary>
    public float? LinearBeta { get; }

    /// <summary>True when the first product is twice as wide as the activation's output.</summary>
    public bool IsGated => Kind < ActivationKind.SiluNoMul;

    /// <summary>
    /// True when gate and up rows alternate in the first weight; false when all gate rows come first.
    /// </summary>
    public bool IsInterleaved => Kind == ActivationKind.SwigluOai;

    /// <summary>The field's name of the function, for example <c>swigluoai</c>.</summary>
    public string Name => ActivationNames.Of(Kind);

    /// <inheritdoc/>
    public override string ToString() => Limit is null ? Name : $"{Name} (limit {Limit})";

    private void Require(bool holds, string parameter, string required, float? actual)
    {
        if (!holds)
        {
            throw new ArgumentException(
                $"{parameter} of activation {Name} must be {required}, got {actual?.ToString() ?? "none"}.", parameter);
        }
    }
}
