namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUgraphExec
internal readonly record struct CUgraphExec(nint Value);
