using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// A tensor in global memory and the box that one copy moves, fastest dimension first. The address is a multiple of 16,
/// strides are multiples of 16 bytes, box sizes at most 256, and the inner box at most as wide as the swizzle.
/// </summary>
public unsafe struct TiledTensor
{
    /// <summary>Sizes in elements, fastest dimension first.</summary>
    public fixed ulong Sizes[5];

    /// <summary>Strides of dimensions 1 to rank - 1 in bytes; dimension 0 is dense.</summary>
    public fixed ulong StrideBytes[4];

    /// <summary>Box sizes in elements, fastest dimension first.</summary>
    public fixed uint Box[5];

    /// <summary>Device address of element 0.</summary>
    public nint Address;

    /// <summary>Number of dimensions, 1 to 5.</summary>
    public int Rank;

    /// <summary>Element type.</summary>
    public CUtensorMapDataType DataType;

    /// <summary>Swizzle of the box in shared memory.</summary>
    public CUtensorMapSwizzle Swizzle;

    /// <summary>Fetch granularity.</summary>
    public CUtensorMapL2promotion L2Promotion;

    /// <summary>A row-major matrix of the given size with a row stride in bytes.</summary>
    public static TiledTensor Matrix(
        nint address, CUtensorMapDataType dataType, (long Rows, long Columns) size, long rowBytes, (int Rows, int Columns) box)
    {
        var tensor = new TiledTensor
        {
            Address = address,
            DataType = dataType,
            Rank = 2,
            Swizzle = CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_128B,
            L2Promotion = CUtensorMapL2promotion.CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        };
        (tensor.Sizes[0], tensor.Sizes[1]) = ((ulong)size.Columns, (ulong)size.Rows);
        (tensor.Box[0], tensor.Box[1]) = ((uint)box.Columns, (uint)box.Rows);
        tensor.StrideBytes[0] = (ulong)rowBytes;
        return tensor;
    }

    /// <summary>For errors: type, sizes, box and swizzle.</summary>
    public override readonly string ToString()
    {
        var sizes = new List<string>();
        for (var i = 0; i < Math.Min(Rank, 5); i++)
        {
            var stride = i > 0 ? $", stride {StrideBytes[i - 1]} bytes" : string.Empty;
            sizes.Add($"{Sizes[i]} (box {Box[i]}{stride})");
        }

        return $"{DataType} {string.Join(" x ", sizes)} at {Address:x}, {Swizzle}";
    }
}
