namespace FusedMoe.Runtime;

/// <summary>One measurement: how long one call of a backend takes.</summary>
/// <param name="MaxTokens">Tokens of the call, 1 to <see cref="DeploymentSpec.LargestMaxTokens"/>; the entry stands for calls
/// of at most as many that no smaller entry covers. Beyond the largest entry its backend runs with its own choice.</param>
/// <param name="Experts">Name of the experts backend.</param>
/// <param name="Microseconds">Median time of a call.</param>
/// <param name="Configuration">The configuration of <see cref="ITunableExperts"/> that was timed; null for the
/// backend's own choice.</param>
public sealed record TuningEntry(int MaxTokens, string Experts, double Microseconds, string? Configuration = null);
