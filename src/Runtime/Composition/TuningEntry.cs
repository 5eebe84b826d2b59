namespace FusedMoe.Runtime;

/// <summary>One measurement: how long one call of a backend takes.</summary>
/// <param name="MaxTokens">Tokens of the call; the entry stands for calls of at most as many that no smaller entry covers.</param>
/// <param name="Experts">Name of the experts backend.</param>
/// <param name="Microseconds">Median time of a call.</param>
public sealed record TuningEntry(int MaxTokens, string Experts, double Microseconds);
