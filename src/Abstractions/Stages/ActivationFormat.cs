namespace FusedMoe;

/// <summary>How tokens are laid out between prepare and finalize.</summary>
public enum ActivationFormat
{
    /// <summary><c>[M, K]</c>, one row a token, with top-k ids beside it.</summary>
    Standard,

    /// <summary>
    /// <c>[E_local, T·D, K]</c>, each expert's rows first in its block; a count per expert says how many are live.
    /// </summary>
    Batched,
}
