namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUstream
internal readonly record struct CUstream(nint Value);
