using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>How a measurement is made.</summary>
/// <param name="Repeats">Timed calls; the median is reported.</param>
/// <param name="Distribution">How tokens choose experts.</param>
/// <param name="Ceilings">What the floor is computed from.</param>
/// <param name="Pause">How long the device rests before a timed call; by default not at all.</param>
/// <param name="WarmUpMilliseconds">How long calls are repeated first where they run in this process, on a CPU.</param>
/// <param name="GiveUpAbove">Microseconds: after three calls that all took longer the rest are not made.</param>
internal sealed record BenchSettings(
    int Repeats,
    RoutingDistribution Distribution,
    DeviceCeilings Ceilings,
    ReplayPause Pause = default,
    int WarmUpMilliseconds = RuntimeWarmUp.Milliseconds,
    double GiveUpAbove = double.PositiveInfinity);
