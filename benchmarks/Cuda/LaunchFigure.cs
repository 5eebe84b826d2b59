namespace FusedMoe.Cuda.Benchmarks;

/// <summary>Cost of one launch on the host: median microseconds, all from one run.</summary>
/// <param name="LaunchesInARow">Launches of a batch; the device is idle before it, so few never wait for the device.</param>
/// <param name="Microseconds"><see cref="CudaKernel.Launch"/>.</param>
/// <param name="ProgrammaticMicroseconds">The same with programmatic dependent launch.</param>
/// <param name="BareMicroseconds"><c>cuLaunchKernel</c> through a function pointer, arguments prepared outside.</param>
/// <param name="BareExtendedMicroseconds"><c>cuLaunchKernelEx</c> without attributes, likewise.</param>
/// <param name="BareProgrammaticMicroseconds"><c>cuLaunchKernelEx</c> with programmatic dependent launch, likewise.</param>
/// <param name="BarePackedMicroseconds"><c>cuLaunchKernel</c> with the arguments in one buffer, likewise.</param>
/// <param name="AllocatedBytes">Managed bytes a launch, over all of these.</param>
internal sealed record LaunchFigure(
    int LaunchesInARow,
    double Microseconds,
    double ProgrammaticMicroseconds,
    double BareMicroseconds,
    double BareExtendedMicroseconds,
    double BareProgrammaticMicroseconds,
    double BarePackedMicroseconds,
    double AllocatedBytes)
{
    /// <summary>What the library adds to the driver's own plain call.</summary>
    public double OverheadMicroseconds => Microseconds - BareMicroseconds;

    /// <summary>What the library adds to the driver's own programmatic call.</summary>
    public double ProgrammaticOverheadMicroseconds => ProgrammaticMicroseconds - BareProgrammaticMicroseconds;
}
