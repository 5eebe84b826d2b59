namespace FusedMoe;

/// <summary>Experts for a range of token counts.</summary>
/// <param name="Experts">The backend.</param>
/// <param name="MaxTokens">Used for calls whose hinted rows are at most this; the last choice has int.MaxValue.</param>
public sealed record ExpertsChoice(IFusedExpertsDescriptor Experts, int MaxTokens);
