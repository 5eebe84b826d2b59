namespace FusedMoe;

/// <summary>Arguments of <see cref="ITokenPermutation.Permute"/>.</summary>
public readonly struct PermuteCall
{
    /// <summary><c>[M, K]</c> of any type whose rows are whole bytes.</summary>
    public required TensorView Input { get; init; }

    /// <summary>Scales <c>[M, S]</c> that travel with the rows, or <see cref="TensorView.None"/>.</summary>
    public TensorView InputScales { get; init; }

    /// <summary>k: slots a token.</summary>
    public required int TopK { get; init; }

    /// <summary><see cref="ExpertAlignmentCall.SortedPairs"/>.</summary>
    public required TensorView SortedPairs { get; init; }

    /// <summary><see cref="ExpertAlignmentCall.PaddedRows"/>.</summary>
    public required TensorView PaddedRows { get; init; }

    /// <summary><c>[capacity, K]</c> of the input's type.</summary>
    public required TensorView Output { get; init; }

    /// <summary><c>[capacity, S]</c>, or <see cref="TensorView.None"/>.</summary>
    public TensorView OutputScales { get; init; }
}
