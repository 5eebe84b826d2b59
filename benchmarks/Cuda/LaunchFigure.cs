namespace FusedMoe.Cuda.Benchmarks;

/// <summary>Cost of one launch on the host.</summary>
/// <param name="Microseconds">Median host time.</param>
/// <param name="AllocatedBytes">Managed bytes.</param>
internal sealed record LaunchFigure(double Microseconds, long AllocatedBytes);
