namespace FusedMoe;

/// <summary>
/// Activation functions between the grouped products. For a gated one the first product has width 2d; g is the gate
/// half and u the up half. L is <see cref="ActivationSpec.Limit"/>.
/// </summary>
public enum ActivationKind
{
    /// <summary><c>silu(g)·u</c>; with a limit <c>silu(min(g, L))·clamp(u, -L, L)</c>. Packed halves.</summary>
    Silu,

    /// <summary><c>gelu(g)·u</c> with the error function. Packed halves.</summary>
    Gelu,

    /// <summary><c>gelu(g)·u</c> with the tanh approximation. Packed halves.</summary>
    GeluTanh,

    /// <summary>
    /// <c>(u' + 1)·g'·sigmoid(1.702·g')</c>, <c>g' = min(g, 7)</c>, <c>u' = clamp(u, -7, 7)</c>. Interleaved g0, u0,
    /// g1, u1 …
    /// </summary>
    SwigluOai,

    /// <summary>
    /// As <see cref="SwigluOai"/> on packed halves: <c>(u' + beta)·g'·sigmoid(alpha·g')</c>. A limit is required.
    /// </summary>
    SwigluOaiUninterleave,

    /// <summary><c>min(silu(g), L)·clamp(u, -L, L)</c>, L 7 unless given. Packed halves.</summary>
    SwigluStep,

    /// <summary>
    /// <c>b·tanh(g/b)·sigmoid(g)·u'</c>, <c>u' = l·tanh(u/l)</c> when l is given. b is Beta (required), l LinearBeta.
    /// Packed halves.
    /// </summary>
    Situ,

    /// <summary><c>silu(x)</c>, not gated.</summary>
    SiluNoMul,

    /// <summary><c>gelu(x)</c> with the error function, not gated.</summary>
    GeluNoMul,

    /// <summary><c>gelu(x)</c> with the tanh approximation, not gated.</summary>
    GeluTanhNoMul,

    /// <summary><c>max(x, 0)²</c>, not gated.</summary>
    Relu2NoMul,
}
