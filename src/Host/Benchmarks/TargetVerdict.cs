namespace FusedMoe.Host.Benchmarks;

/// <summary>A cell held to a target.</summary>
/// <param name="Target">The target in words, its limit with the allowance for skewed routing.</param>
/// <param name="Limit">The largest value that meets it.</param>
/// <param name="Actual">What the cell has.</param>
/// <param name="IsMet">True when it is at most the limit.</param>
internal sealed record TargetVerdict(string Target, double Limit, double Actual, bool IsMet);
