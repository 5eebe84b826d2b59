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
    /// <summary>Bytes of the floor over the measured time, in TB/s.</summary>
    public double TerabytesPerSecond => Bytes / Microseconds / 1e6;

    /// <summary>Operations of the floor over the measured time, in TFLOP/s.</summary>
    public double TeraflopsPerSecond => Operations / Microseconds / 1e6;

    /// <summary>Measured time over the floor.</summary>
    public double TimesFloor => Microseconds / FloorMicroseconds;
}
