namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUcontext
internal readonly record struct CUcontext(nint Value);
