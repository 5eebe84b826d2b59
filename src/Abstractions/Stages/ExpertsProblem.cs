namespace FusedMoe;

/// <summary>
/// Sizes of one call of the experts, host facts only. M is the largest number of rows the call may bring, so shapes
/// asked for the deployment's maximum are the worst case.
/// </summary>
/// <param name="Tokens">M: rows of a standard call; unused by batched ones.</param>
/// <param name="LocalExperts">E: experts of this rank.</param>
/// <param name="GlobalExperts">G: experts of the layer.</param>
/// <param name="GateUp">N: width of the first product.</param>
/// <param name="Hidden">K: hidden size.</param>
/// <param name="TopK">k: experts a token.</param>
/// <param name="MaxTokensPerRank">T: most tokens one rank dispatches (batched format); 0 for standard.</param>
/// <param name="Dispatchers">D: ranks that may send to this one; 1 without all-to-all.</param>
public readonly record struct ExpertsProblem(
    int Tokens, int LocalExperts, int GlobalExperts, int GateUp, int Hidden, int TopK, int MaxTokensPerRank, int Dispatchers);
