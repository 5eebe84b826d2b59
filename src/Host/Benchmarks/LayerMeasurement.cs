namespace FusedMoe.Host.Benchmarks;

/// <summary>One measured cell.</summary>
/// <param name="Shape">Layer shape.</param>
/// <param name="Tokens">Tokens of a call.</param>
/// <param name="Chain">What ran.</param>
/// <param name="Microseconds">Median of the repeats.</param>
/// <param name="FloorMicroseconds">The floor of these tokens on this device.</param>
/// <param name="Bytes">Bytes of the floor.</param>
/// <param name="Operations">Operations of the floor.</param>
/// <param name="RelativeError">Against float64 on sampled rows.</param>
/// <param name="Repeats">Timed calls.</param>
/// <param name="BufferBytes">Memory the kernel holds beyond weights, inputs and output.</param>
internal sealed record LayerMeasurement(
    string Shape,
    int Tokens,
    string Chain,
    double Microseconds,
    double FloorMicroseconds,
    double Bytes,
    double Operations,
    double RelativeError,
    int Repeats,
    long BufferBytes)
{
    /// <summary>The backend that calls of so many tokens run on.</summary>
    public required string Experts { get; init; }

    /// <summary>Its configuration in a measured table; null for its own choice.</summary>
    public string? Configuration { get; init; }

    /// <summary>Peers that were measured on the same layer, tokens, routing and device.</summary>
    public IReadOnlyList<PeerComparison> Peers { get; init; } = [];

    /// <summary>The targets that apply, met or not.</summary>
    public IReadOnlyList<TargetVerdict> Targets { get; init; } = [];

    /// <summary>Bytes of the floor over the measured time, in TB/s.</summary>
    public double TerabytesPerSecond => Bytes / Microseconds / 1e6;

    /// <summary>Operations of the floor over the measured time, in TFLOP/s.</summary>
    public double TeraflopsPerSecond => Operations / Microseconds / 1e6;

    /// <summary>Measured time over the floor.</summary>
    public double TimesFloor => Microseconds / FloorMicroseconds;
}
