using System.Runtime.Intrinsics;

namespace FusedMoe.Experts.Cpu;

/// <summary>The activation between the products, eight columns at a time, in float32.</summary>
internal sealed unsafe class ActivationKernel(ActivationSpec spec)
{
    private const int Width = 8;

    private readonly float _limit = spec.Limit ?? float.PositiveInfinity;

    /// <summary>Writes the activation over <paramref name="gate"/>.</summary>
    /// <param name="gate">Gate half, or the only input; readable and writable to a multiple of 8.</param>
    /// <param name="up">Up half; ignored by functions without a gate.</param>
    /// <param name="count">Columns.</param>
    public void Apply(float* gate, float* up, int count)
    {
        for (var i = 0; i < count; i += Width)
        {
            var u = spec.IsGated ? Vector256.Load(up + i) : default;
            Apply(Vector256.Load(gate + i), u).Store(gate + i);
        }
    }

    private Vector256<float> Apply(Vector256<float> g, Vector256<float> u) => spec.Kind switch
    {
        ActivationKind.Silu => spec.Limit is null
            ? VectorMath.Silu(g) * u
            : VectorMath.Silu(Vector256.Min(g, Vector256.Create(_limit))) * Clamp(u),
        ActivationKind.Gelu => VectorMath.Gelu(g) * u,
        ActivationKind.GeluTanh => VectorMath.GeluTanh(g) * u,
        ActivationKind.SwigluOai or ActivationKind.SwigluOaiUninterleave => SwigluOai(g, u),
        ActivationKind.SwigluStep => Vector256.Min(VectorMath.Silu(g), Vector256.Create(_limit)) * Clamp(u),
        ActivationKind.Situ => Situ(g, u),
        ActivationKind.SiluNoMul => VectorMath.Silu(g),
        ActivationKind.GeluNoMul => VectorMath.Gelu(g),
        ActivationKind.GeluTanhNoMul => VectorMath.GeluTanh(g),
        _ => Vector256.Max(g, Vector256<float>.Zero) * Vector256.Max(g, Vector256<float>.Zero),
    };

    private Vector256<float> Clamp(Vector256<float> u) =>
        Vector256.Max(Vector256.Min(u, Vector256.Create(_limit)), Vector256.Create(-_limit));

    private Vector256<float> SwigluOai(Vector256<float> g, Vector256<float> u)
    {
        g = Vector256.Min(g, Vector256.Create(_limit));
        return (Clamp(u) + Vector256.Create(spec.Beta)) * g * VectorMath.Sigmoid(Vector256.Create(spec.Alpha) * g);
    }

    private Vector256<float> Situ(Vector256<float> g, Vector256<float> u)
    {
        var b = Vector256.Create(spec.Beta);
        if (spec.LinearBeta is { } l)
        {
            u = Vector256.Create(l) * VectorMath.Tanh(u / Vector256.Create(l));
        }

        return b * VectorMath.Tanh(g / b) * VectorMath.Sigmoid(g) * u;
    }
}
