namespace FusedMoe.Experts.Cutlass;

/// <summary>Device addresses that say which rows belong to which expert.</summary>
/// <param name="SortedPairs">Pair of each row; 0 in direct mode.</param>
/// <param name="BlockExperts">Local expert of each block; the top-k ids in direct mode.</param>
/// <param name="PaddedRows">Rows in use; 0 in direct mode.</param>
/// <param name="ExpertMap">Direct mode: global expert to local, or 0.</param>
/// <param name="ValidTokens">Direct mode: live tokens, or 0.</param>
internal readonly record struct CutlassTables(
    nint SortedPairs, nint BlockExperts, nint PaddedRows, nint ExpertMap, nint ValidTokens);
