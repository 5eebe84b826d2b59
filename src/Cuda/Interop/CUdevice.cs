namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUdevice
internal readonly record struct CUdevice(int Value);
