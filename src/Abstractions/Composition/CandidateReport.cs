namespace FusedMoe;

/// <summary>One candidate of a composition and why it was or was not chosen.</summary>
/// <param name="Stage">Router, prepare/finalize or experts.</param>
/// <param name="Name">The stage's name.</param>
/// <param name="Plugin">The plugin that offers it.</param>
/// <param name="IsChosen">True when the plan uses it.</param>
/// <param name="Refusals">Every reason against it; empty when it could run.</param>
/// <param name="Note">For candidates that could run: why they were chosen or came after the chosen one.</param>
public sealed record CandidateReport(
    StageKind Stage, string Name, string Plugin, bool IsChosen, IReadOnlyList<Refusal> Refusals, string Note)
{
    /// <summary>True when nothing speaks against it.</summary>
    public bool IsAccepted => Refusals.Count == 0;
}
