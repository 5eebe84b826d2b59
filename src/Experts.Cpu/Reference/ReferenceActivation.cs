namespace FusedMoe.Experts.Cpu.Reference;

/// <summary>The formulas of <see cref="ActivationKind"/> in float64.</summary>
internal static class ReferenceActivation
{
    /// <summary>
    /// Activation of gate <paramref name="g"/> and up <paramref name="u"/>; functions without a gate see only g.
    /// </summary>
    public static double Apply(ActivationSpec spec, double g, double u)
    {
        var limit = (double?)spec.Limit ?? double.PositiveInfinity;
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
                var up = spec.LinearBeta is { } l ? l * Math.Tanh(u / l) : u;
                return spec.Beta * Math.Tanh(g / spec.Beta) * Sigmoid(g) * up;
            case ActivationKind.SiluNoMul:
                return Silu(g);
            case ActivationKind.GeluNoMul:
                return Gelu(g);
            case ActivationKind.GeluTanhNoMul:
                return GeluTanh(g);
            default:
                return Math.Max(g, 0) * Math.Max(g, 0);
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Silu(double x) => double.IsNegativeInfinity(x) ? 0 : x * Sigmoid(x);

    private static double GeluTanh(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    // The series where it converges fast, the continued fraction of erfc beyond: both to about 1e-15.
    private static double Erf(double x)
    {
        var a = Math.Abs(x);
        if (double.IsNaN(x) || a > 6)
        {
            return double.IsNaN(x) ? x : Math.Sign(x);
        }

        if (a < 2.5)
        {
            double term = x, sum = x;
            for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
            {
                term *= -x * x / n;
                sum += term / ((2 * n) + 1);
            }

            return 2 / Math.Sqrt(Math.PI) * sum;
        }

        var fraction = a;
        for (var n = 60; n > 0; n--)
        {
            fraction = a + (n / 2.0 / fraction);
        }

        return Math.Sign(x) * (1 - (Math.Exp(-a * a) / Math.Sqrt(Math.PI) / fraction));
    }
}
