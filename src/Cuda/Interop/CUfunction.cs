namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUfunction
internal readonly record struct CUfunction(nint Value);
