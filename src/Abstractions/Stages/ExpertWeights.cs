namespace FusedMoe;

/// <summary>
/// Views of one rank's expert weights in the checkpoint layout: "NT", that is <c>out = a · w[e]ᵀ</c>, row-major, gate
/// rows first and up rows after them (or interleaved when <see cref="ActivationSpec.IsInterleaved"/>). E is the number
/// of local experts, N the first product's width, K hidden, I intermediate (of this rank). Absent tensors are
/// <see cref="TensorView.None"/>.
/// </summary>
public sealed record ExpertWeights
{
    /// <summary>
    /// First weight, <c>[E, N, K]</c>; packed types count elements, two a byte, low nibble the even column.
    /// </summary>
    public required TensorView W13 { get; init; }

    /// <summary>Second weight, <c>[E, K, I]</c>.</summary>
    public required TensorView W2 { get; init; }

    /// <summary>
    /// Scales of the first weight, by the group of the weight's <see cref="QuantKey"/>: tensor <c>[E]</c>; channel
    /// <c>[E, N]</c>; block r x c <c>[E, ceil(N/r), ceil(K/c)]</c>; along c <c>[E, N, K/c]</c>.
    /// </summary>
    public TensorView W13Scale { get; init; }

    /// <summary>Scales of the second weight, same rule with N as K and K as I.</summary>
    public TensorView W2Scale { get; init; }

    /// <summary>Second-level scales of the first weight, float32 <c>[E]</c>.</summary>
    public TensorView W13GlobalScale { get; init; }

    /// <summary>Second-level scales of the second weight, float32 <c>[E]</c>.</summary>
    public TensorView W2GlobalScale { get; init; }

    /// <summary>
    /// Zero points of the first weight, uint4 packed along N: <c>[E, N/2, K/c]</c> bytes, low nibble the even row.
    /// </summary>
    public TensorView W13ZeroPoints { get; init; }

    /// <summary>Zero points of the second weight: <c>[E, K/2, I/c]</c> bytes.</summary>
    public TensorView W2ZeroPoints { get; init; }

    /// <summary>Bias of the first product, <c>[E, N]</c>, in float32 or the weight type.</summary>
    public TensorView W13Bias { get; init; }

    /// <summary>Bias of the second product, <c>[E, K]</c>.</summary>
    public TensorView W2Bias { get; init; }

    /// <summary>Static scale of the first product's input, float32 <c>[1]</c>.</summary>
    public TensorView A13Scale { get; init; }

    /// <summary>Static scale of the second product's input, float32 <c>[1]</c>.</summary>
    public TensorView A2Scale { get; init; }

    /// <summary>Refuses tensors elsewhere than on <paramref name="device"/>, where the stage that takes them runs.</summary>
    /// <param name="device">The stage's device.</param>
    /// <exception cref="ArgumentException">One is elsewhere; names the tensor and both devices.</exception>
    public void RequireOn(DeviceId device)
    {
        Require(device, "w13", W13);
        Require(device, "w2", W2);
        Require(device, "w13 scale", W13Scale);
        Require(device, "w2 scale", W2Scale);
        Require(device, "w13 global scale", W13GlobalScale);
        Require(device, "w2 global scale", W2GlobalScale);
        Require(device, "w13 zero points", W13ZeroPoints);
        Require(device, "w2 zero points", W2ZeroPoints);
        Require(device, "w13 bias", W13Bias);
        Require(device, "w2 bias", W2Bias);
        Require(device, "a13 scale", A13Scale);
        Require(device, "a2 scale", A2Scale);
    }

    private static void Require(DeviceId device, string name, TensorView tensor)
    {
        if (!tensor.IsNone && tensor.Device != device)
        {
            throw new ArgumentException($"{name} must be on {device}, got {tensor}; copy it there.");
        }
    }
}
