namespace FusedMoe.Host.Benchmarks;

/// <summary>A measurement beside a peer's of the same layer, tokens and routing.</summary>
/// <param name="Peer">One of <see cref="PeerNames"/>.</param>
/// <param name="Microseconds">The peer's time.</param>
/// <param name="Ratio">Our time over the peer's: below 1 is faster.</param>
internal sealed record PeerComparison(string Peer, double Microseconds, double Ratio);
