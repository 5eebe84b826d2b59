namespace FusedMoe.Conformance;

/// <summary>
/// The activation functions in float64, one row at a time. The formulas stand at <see cref="ActivationKind"/>.
/// </summary>
internal static class ReferenceActivation
{
    /// <summary>From a row of the first product (width 2d when gated) to d values.</summary>
    public static double[] Apply(ActivationSpec spec, ReadOnlySpan<double> row)
    {
        var width = spec.IsGated ? row.Length / 2 : row.Length;
        var result = new double[width];
        for (var i = 0; i < width; i++)
        {
            result[i] = !spec.IsGated ? Plain(spec.Kind, row[i])
                : spec.IsInterleaved ? Gated(spec, row[2 * i], row[(2 * i) + 1])
                : Gated(spec, row[i], row[width + i]);
        }

        return result;
    }

    /// <summary>The error function: its power series near zero, the continued fraction of erfc beyond.</summary>
    public static double Erf(double x)
    {
        var magnitude = Math.Abs(x);
        if (magnitude > 6)
        {
            return Math.Sign(x);
        }

        if (magnitude > 2.5)
        {
            var fraction = 0.0;
            for (var n = 60; n >= 1; n--)
            {
                fraction = n / 2.0 / (magnitude + fraction);
            }

            return Math.Sign(x) * (1 - (Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (magnitude + fraction)));
        }

        var (sum, term) = (x, x);
        for (var n = 1; n < 80; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Gated(ActivationSpec spec, double g, double u)
    {
        var limit = spec.Limit is { } l ? l : double.PositiveInfinity;
        switch (spec.Kind)
        {
            case ActivationKind.Silu:
                return Silu(Math.Min(g, limit)) * Math.Clamp(u, -limit, limit);
            case ActivationKind.Gelu:
                return Gelu(g) * u;
            case ActivationKind.GeluTanh:
                return GeluTanh(g) * u;
            case ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave:
                var gate = Math.Min(g, limit);
                return (Math.Clamp(u, -limit, limit) + spec.Beta) * gate * Sigmoid(spec.Alpha * gate);
            case ActivationKind.SwigluStep:
                return Math.Min(Silu(g), limit) * Math.Clamp(u, -limit, limit);
            case ActivationKind.Situ:
                var up = spec.LinearBeta is { } linear ? linear * Math.Tanh(u / linear) : u;
                return spec.Beta * Math.Tanh(g / spec.Beta) * Sigmoid(g) * up;
            default:
                throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "The activation is not gated.");
        }
    }

    private static double Plain(ActivationKind kind, double x) => kind switch
    {
        ActivationKind.SiluNoMul => Silu(x),
        ActivationKind.GeluNoMul => Gelu(x),
        ActivationKind.GeluTanhNoMul => GeluTanh(x),
        ActivationKind.Relu2NoMul => Math.Max(x, 0) * Math.Max(x, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The activation is gated."),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Silu(double x) => x * Sigmoid(x);

    private static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    private static double GeluTanh(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
