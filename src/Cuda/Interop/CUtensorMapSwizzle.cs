namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUtensorMapSwizzle_enum

/// <summary>How a box is swizzled over shared memory banks. The inner box is at most as wide as the swizzle.</summary>
public enum CUtensorMapSwizzle
{
    /// <summary>Row-major.</summary>
    CU_TENSOR_MAP_SWIZZLE_NONE = 0,

    /// <summary>16-byte chunks permuted within 32 bytes.</summary>
    CU_TENSOR_MAP_SWIZZLE_32B = 1,

    /// <summary>16-byte chunks permuted within 64 bytes.</summary>
    CU_TENSOR_MAP_SWIZZLE_64B = 2,

    /// <summary>16-byte chunks permuted within 128 bytes.</summary>
    CU_TENSOR_MAP_SWIZZLE_128B = 3,
}
