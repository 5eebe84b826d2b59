namespace FusedMoe.Experts.Cutlass;

/// <summary>The pairs of a call, for the blocks of a product to group: device addresses and sizes.</summary>
/// <param name="Ids">int32 global expert of each pair; 0 when the blocks have nothing to group.</param>
/// <param name="ExpertMap">int32 global expert to local or -1; 0 when all experts are local.</param>
/// <param name="ValidTokens">int32 live tokens; 0 when all are.</param>
/// <param name="Count">Pairs, at most <see cref="CutlassGroupingHeuristic.MaxPairs"/>.</param>
/// <param name="TopK">Slots a token.</param>
/// <param name="GlobalExperts">Experts of the layer.</param>
internal readonly record struct CutlassPairs(
    nint Ids, nint ExpertMap, nint ValidTokens, int Count, int TopK, int GlobalExperts);
