namespace FusedMoe.Experts.Triton;

/// <summary>
/// An activation as the kernels take it. The fused gate is <c>min(s(g), SiluLimit)·(clamp(u, ±UpLimit) + Beta)</c> with
/// <c>s(g) = g·sigmoid(Alpha·g + Cubic·g³)</c> and <c>g</c> at most GateLimit; the tanh form of gelu is one of these
/// because <c>(1 + tanh(x)) / 2 = sigmoid(2x)</c>.
/// </summary>
internal sealed record ActivationPlan
{
    // 2·√(2/π) and that times 0.044715: the tanh approximation of gelu.
    private const float GeluAlpha = 1.5957691216f;
    private const float GeluCubic = 0.0713548162726f;

    private ActivationPlan(ActivationForm form, string? kind = null) => (Form, Kind) = (form, kind);

    /// <summary>Where it runs.</summary>
    public ActivationForm Form { get; }

    /// <summary>Kind of <c>activate_rows</c> when it runs separately.</summary>
    public string? Kind { get; }

    /// <summary>Largest gate; infinite for none.</summary>
    public float GateLimit { get; private init; } = float.PositiveInfinity;

    /// <summary>Largest magnitude of up; infinite for none.</summary>
    public float UpLimit { get; private init; } = float.PositiveInfinity;

    /// <summary>Slope inside the sigmoid.</summary>
    public float Alpha { get; private init; } = 1;

    /// <summary>Cubic term inside the sigmoid.</summary>
    public float Cubic { get; private init; }

    /// <summary>Added to up; b of situ.</summary>
    public float Beta { get; private init; }

    /// <summary>Largest gated value; infinite for none.</summary>
    public float SiluLimit { get; private init; } = float.PositiveInfinity;

    /// <summary>l of situ; 0 for none.</summary>
    public float LinearBeta { get; private init; }

    /// <summary>The plan of an activation.</summary>
    public static ActivationPlan For(ActivationSpec spec)
    {
        var limit = spec.Limit ?? float.PositiveInfinity;
        return spec.Kind switch
        {
            ActivationKind.Silu => new(ActivationForm.FusedGate) { GateLimit = limit, UpLimit = limit },
            ActivationKind.GeluTanh => new(ActivationForm.FusedGate) { Alpha = GeluAlpha, Cubic = GeluCubic },
            ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave => new(ActivationForm.FusedGate)
            {
                GateLimit = limit,
                UpLimit = limit,
                Alpha = spec.Alpha,
                Beta = spec.Beta,
            },
            ActivationKind.SwigluStep => new(ActivationForm.FusedGate) { UpLimit = limit, SiluLimit = limit },
            ActivationKind.Gelu => new(ActivationForm.Separate, "gelu"),
            ActivationKind.Situ => new(ActivationForm.Separate, "situ")
            {
                Beta = spec.Beta,
                LinearBeta = spec.LinearBeta ?? 0,
            },
            ActivationKind.SiluNoMul => new(ActivationForm.Separate, "sigmoid"),
            ActivationKind.GeluTanhNoMul => new(ActivationForm.Separate, "sigmoid")
            {
                Alpha = GeluAlpha,
                Cubic = GeluCubic,
            },
            ActivationKind.GeluNoMul => new(ActivationForm.Separate, "gelu_no_mul"),
            ActivationKind.Relu2NoMul => new(ActivationForm.FusedRelu2),
            _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "Unknown activation."),
        };
    }
}
