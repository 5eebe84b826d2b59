namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUtensorMapL2promotion_enum

/// <summary>Granularity at which a copy fetches into the L2 cache.</summary>
public enum CUtensorMapL2promotion
{
    /// <summary>No promotion.</summary>
    CU_TENSOR_MAP_L2_PROMOTION_NONE = 0,

    /// <summary>64 bytes.</summary>
    CU_TENSOR_MAP_L2_PROMOTION_L2_64B = 1,

    /// <summary>128 bytes.</summary>
    CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2,

    /// <summary>256 bytes.</summary>
    CU_TENSOR_MAP_L2_PROMOTION_L2_256B = 3,
}
