namespace FusedMoe.Conformance;

/// <summary>The result of one case.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">What was measured, or why it failed: shape, seed, tolerance and the first bad
/// coordinate.</param>
/// <param name="Refusal">The refusal that made it not applicable, or null.</param>
/// <param name="Duration">Time the case took.</param>
public sealed record ConformanceResult(
    ConformanceOutcome Outcome, string Detail, Refusal? Refusal, TimeSpan Duration)
{
    /// <summary>True unless the case failed.</summary>
    public bool IsAcceptable => Outcome != ConformanceOutcome.Failed;

    /// <summary>For example <c>Failed: relative error 0.4 …</c>.</summary>
    public override string ToString() => $"{Outcome}: {Detail}";
}
