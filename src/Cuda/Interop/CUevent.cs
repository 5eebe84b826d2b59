namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUevent
internal readonly record struct CUevent(nint Value);
