namespace FusedMoe.Host.Benchmarks;

/// <summary>How a measurement is made.</summary>
/// <param name="Repeats">Timed calls; the median is reported.</param>
/// <param name="Distribution">How tokens choose experts.</param>
/// <param name="Ceilings">What the floor is computed from.</param>
internal sealed record BenchSettings(int Repeats, RoutingDistribution Distribution, DeviceCeilings Ceilings);
