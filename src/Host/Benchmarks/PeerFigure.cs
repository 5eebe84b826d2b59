namespace FusedMoe.Host.Benchmarks;

/// <summary>What a peer took.</summary>
/// <param name="Microseconds">Median of graph replays.</param>
/// <param name="Error">Relative error of sampled rows.</param>
internal sealed record PeerFigure(double Microseconds, double Error);
