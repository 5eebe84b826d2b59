namespace FusedMoe.Cuda.Benchmarks;

/// <summary>Device time of the small kernels of a layer, replayed as a graph.</summary>
/// <param name="Tokens">M.</param>
/// <param name="Kernels">Launches in the chain.</param>
/// <param name="PlainMicroseconds">Median without programmatic launches.</param>
/// <param name="ProgrammaticMicroseconds">Median with them.</param>
internal sealed record ChainFigure(int Tokens, int Kernels, double PlainMicroseconds, double ProgrammaticMicroseconds);
