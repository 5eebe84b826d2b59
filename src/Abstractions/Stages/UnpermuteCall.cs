namespace FusedMoe;

/// <summary>Arguments of <see cref="ITokenPermutation.Unpermute"/>.</summary>
public readonly struct UnpermuteCall
{
    /// <summary><c>[rows, K]</c> in float32, bf16 or fp16.</summary>
    public required TensorView Permuted { get; init; }

    /// <summary><see cref="ExpertAlignmentCall.Positions"/>.</summary>
    public required TensorView Positions { get; init; }

    /// <summary>float32 <c>[M, k]</c>.</summary>
    public required TensorView TopKWeights { get; init; }

    /// <summary>True when weights count as 1.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>int32 scalar on the device: live tokens; <see cref="TensorView.None"/> when all are.</summary>
    public TensorView ValidTokens { get; init; }

    /// <summary><c>[M, K]</c> in float32, bf16 or fp16, live rows written in full.</summary>
    public required TensorView Output { get; init; }
}
