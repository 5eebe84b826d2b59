namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUgraph
internal readonly record struct CUgraph(nint Value);
