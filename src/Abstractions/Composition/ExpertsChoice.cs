namespace FusedMoe;

/// <summary>Experts for a range of token counts.</summary>
/// <param name="Experts">The backend.</param>
/// <param name="MaxTokens">Used for calls whose hinted rows are at most this; the last choice has int.MaxValue.</param>
/// <param name="Configuration">
/// A measured configuration of the backend, see <see cref="ITunableExperts"/>; null for its own choice.
/// </param>
public sealed record ExpertsChoice(IFusedExpertsDescriptor Experts, int MaxTokens, string? Configuration = null);
