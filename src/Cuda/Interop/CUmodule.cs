namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmodule
internal readonly record struct CUmodule(nint Value);
