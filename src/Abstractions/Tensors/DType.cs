namespace FusedMoe;

/// <summary>
/// Element types of tensors. Packed types hold two elements a byte, the even index in the low nibble.
/// </summary>
public enum DType
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>OCP FP8 E4M3 (finite only, largest value 448, one NaN).</summary>
    Float8E4M3,

    /// <summary>OCP FP8 E5M2 (largest finite value 57344, infinities and NaNs).</summary>
    Float8E5M2,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>Unsigned 8-bit integer; also raw bytes.</summary>
    UInt8,

    /// <summary>Signed 32-bit integer; expert ids, counts and maps.</summary>
    Int32,

    /// <summary>Signed 64-bit integer; expert ids of transports that ask for them.</summary>
    Int64,

    /// <summary>Signed 4-bit integer (two's complement), packed.</summary>
    Int4,

    /// <summary>Unsigned 4-bit integer, packed; without a zero point the implied zero is 8.</summary>
    UInt4,

    /// <summary>
    /// FP4 E2M1 (0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives), packed; the element of mxfp4 and nvfp4.
    /// </summary>
    Float4E2M1,

    /// <summary>E8M0 scale: the power of two 2^(byte - 127); byte 255 is NaN.</summary>
    Float8E8M0,
}
