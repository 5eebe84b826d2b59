namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUtensorMapDataType_enum

/// <summary>Element types of tensor maps. Only sizes matter to copies without a float fill.</summary>
public enum CUtensorMapDataType
{
    /// <summary>8-bit elements.</summary>
    CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0,

    /// <summary>16-bit elements.</summary>
    CU_TENSOR_MAP_DATA_TYPE_UINT16 = 1,

    /// <summary>32-bit elements.</summary>
    CU_TENSOR_MAP_DATA_TYPE_UINT32 = 2,

    /// <summary>Signed 32-bit elements.</summary>
    CU_TENSOR_MAP_DATA_TYPE_INT32 = 3,

    /// <summary>binary16.</summary>
    CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6,

    /// <summary>binary32.</summary>
    CU_TENSOR_MAP_DATA_TYPE_FLOAT32 = 7,

    /// <summary>bfloat16.</summary>
    CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9,
}
