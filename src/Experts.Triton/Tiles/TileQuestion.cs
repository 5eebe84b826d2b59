namespace FusedMoe.Experts.Triton;

/// <summary>Host facts a tile is chosen from.</summary>
/// <param name="Tokens">Rows expected to be live.</param>
/// <param name="TopK">Experts a token.</param>
/// <param name="LocalExperts">Experts of this rank.</param>
/// <param name="GlobalExperts">Experts of the layer.</param>
/// <param name="IsByte">True when both operands are 8-bit.</param>
/// <param name="IsBatchInvariant">True to choose one tile for every token count.</param>
internal readonly record struct TileQuestion(
    int Tokens, int TopK, int LocalExperts, int GlobalExperts, bool IsByte, bool IsBatchInvariant)
{
    /// <summary>Bytes of one expert's first weight.</summary>
    public long ExpertBytes { get; init; }

    /// <summary>Bytes of the device's last-level cache; 0 when unknown.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Rows an expert gets on average.</summary>
    public double RowsPerExpert => (double)Tokens * TopK / GlobalExperts;

    /// <summary>Pairs that this rank expects, at least 1.</summary>
    public long LocalPairs => Math.Max(1, (long)Tokens * TopK * LocalExperts / GlobalExperts);
}
