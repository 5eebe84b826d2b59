namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemPool_attribute, the ones that are set or read.
internal enum CUmemPool_attribute
{
    CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4,
    CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT = 5,
    CU_MEMPOOL_ATTR_USED_MEM_CURRENT = 7,
}
