namespace FusedMoe;

/// <summary>
/// What identity experts add: <c>target[m] += hidden[m]·Σ weights[m, s]</c> over the slots whose id lies in
/// <see cref="First"/> … <see cref="First"/> + <see cref="Count"/> - 1, weights summed in slot order and all of it in
/// float32, rounded once. Rows without such a slot and rows beyond the live ones keep their bits.
/// </summary>
public readonly struct IdentityCall
{
    /// <summary><c>[M, K]</c> in float32, bf16 or fp16, added to.</summary>
    public required TensorView Target { get; init; }

    /// <summary>The target's shape and type.</summary>
    public required TensorView HiddenStates { get; init; }

    /// <summary><c>[M, k]</c> in int32 or int64.</summary>
    public required TensorView TopKIds { get; init; }

    /// <summary>float32 <c>[M, k]</c>.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>Id of the first identity expert.</summary>
    public required int First { get; init; }

    /// <summary>Identity experts.</summary>
    public required int Count { get; init; }

    /// <summary>int32 <c>[1]</c> on the device: live rows; <see cref="TensorView.None"/> when all are.</summary>
    public TensorView ValidTokens { get; init; }
}
