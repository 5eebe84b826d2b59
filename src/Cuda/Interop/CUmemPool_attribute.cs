namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemPool_attribute, the one that is set.
internal enum CUmemPool_attribute
{
    CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4,
}
