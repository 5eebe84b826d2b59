namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemoryPool
internal readonly record struct CUmemoryPool(nint Value);
