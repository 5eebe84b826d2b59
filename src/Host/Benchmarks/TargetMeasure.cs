namespace FusedMoe.Host.Benchmarks;

/// <summary>What a target limits.</summary>
internal enum TargetMeasure
{
    /// <summary>Time over the floor.</summary>
    TimesFloor,

    /// <summary>Time in µs.</summary>
    Microseconds,

    /// <summary>Time over that of <see cref="PeerNames.Triton"/>.</summary>
    TimesTriton,

    /// <summary>Time over that of the faster peer.</summary>
    TimesBestPeer,
}
