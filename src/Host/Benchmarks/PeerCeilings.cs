namespace FusedMoe.Host.Benchmarks;

/// <summary>What the device reached when the peers were measured.</summary>
/// <param name="TerabytesPerSecond">Reading 2 GiB of bf16.</param>
/// <param name="TeraflopsPerSecond">An 8192 cubed bf16 product of random data.</param>
internal sealed record PeerCeilings(double TerabytesPerSecond, double TeraflopsPerSecond);
