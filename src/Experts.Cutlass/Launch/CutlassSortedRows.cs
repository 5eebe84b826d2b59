using FusedMoe.Cuda;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Tensor maps of the second product's input, rows in the order of experts. They are encoded again where a call's memory or
/// number of rows is another than the last one's; a launch, and so a captured graph, has a copy of its own.
/// </summary>
internal sealed unsafe class CutlassSortedRows(CutlassLayer layer) : IDisposable
{
    private const int BoxColumns = 64;
    private readonly TensorMap _wide = new();
    private readonly TensorMap _narrow = new();
    private (nint Address, long Rows) _bound;

    /// <summary>Puts the maps of <paramref name="rows"/> rows at <paramref name="address"/> into the arguments.</summary>
    public void Bind(ref GroupedGemmArgs args, nint address, long rows)
    {
        if (_bound != (address, rows))
        {
            Encode(_wide, address, rows, boxRows: 64);
            Encode(_narrow, address, rows, boxRows: 16);
            _bound = (address, rows);
        }

        args.sorted_rows_64 = _wide.Value;
        args.sorted_rows_16 = _narrow.Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _wide.Dispose();
        _narrow.Dispose();
    }

    private void Encode(TensorMap map, nint address, long rows, uint boxRows)
    {
        var columns = layer.Shape.Intermediate;
        var tensor = new TiledTensor
        {
            Address = address,
            Rank = 2,
            DataType = CutlassProduct.MapTypeOf(layer.DType),
            Swizzle = CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_128B,
            L2Promotion = CUtensorMapL2promotion.CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        };
        (tensor.Sizes[0], tensor.Sizes[1]) = ((ulong)columns, (ulong)rows);
        tensor.StrideBytes[0] = (ulong)columns * (ulong)layer.ElementBytes;
        (tensor.Box[0], tensor.Box[1]) = (BoxColumns, boxRows);
        map.Encode(tensor);
    }
}
