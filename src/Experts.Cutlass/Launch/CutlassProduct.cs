using FusedMoe.Cuda;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// One of a layer's two grouped products: its tensor map, bias and constants, fixed once weights are prepared. The map has
/// the dimensions (k, feature, half, expert), so that gate and up rows are boxes of the same kernel whether they lie one
/// after the other or alternate.
/// </summary>
internal sealed unsafe class CutlassProduct : IDisposable
{
    private const int BoxColumns = 64;
    private const uint ConsumerRows = 128;
    private readonly TensorMap _map = new();
    private GroupedGemmArgs _args;

    /// <summary>A product over <paramref name="weight"/> <c>[E, halves · features, k]</c>.</summary>
    public CutlassProduct(CutlassLayer layer, TensorView weight, TensorView bias, int halves, nint counter)
    {
        var features = (int)weight.Shape[1] / halves;
        var isInterleaved = halves == 2 && layer.Activation.IsInterleaved;
        Encode(weight, features, halves, isInterleaved);
        var limit = layer.Activation.Limit ?? float.PositiveInfinity;
        _args = new GroupedGemmArgs
        {
            weights = _map.Value,
            bias = bias.Pointer,
            tile_counter = counter,
            num_experts = (uint)layer.LocalExperts,
            size_k = (uint)weight.Shape[2],
            features = (uint)features,
            bias_kind = bias.DType == DType.Float32 ? 0u : 1u,
            is_interleaved = isInterleaved ? 1u : 0u,
            limit = limit,
            alpha = layer.Activation.Alpha,
            beta = layer.Activation.Beta,
        };
    }

    /// <summary>Arguments with everything but the call's own fields.</summary>
    public GroupedGemmArgs Arguments => _args;

    /// <summary>The element type of a tensor map.</summary>
    public static CUtensorMapDataType MapTypeOf(DType dtype) => dtype == DType.BFloat16
        ? CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
        : CUtensorMapDataType.CU_TENSOR_MAP_DATA_TYPE_FLOAT16;

    /// <inheritdoc/>
    public void Dispose() => _map.Dispose();

    private void Encode(TensorView weight, int features, int halves, bool isInterleaved)
    {
        var (experts, k) = (weight.Shape[0], weight.Shape[2]);
        var rowBytes = k * weight.DType.Bits() / 8;
        var (featureStride, halfStride) = isInterleaved ? (2 * rowBytes, rowBytes) : (rowBytes, features * rowBytes);
        var tensor = new TiledTensor
        {
            Address = weight.Pointer,
            Rank = 4,
            DataType = MapTypeOf(weight.DType),
            Swizzle = CUtensorMapSwizzle.CU_TENSOR_MAP_SWIZZLE_128B,
            L2Promotion = CUtensorMapL2promotion.CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        };
        (tensor.Sizes[0], tensor.Sizes[1], tensor.Sizes[2], tensor.Sizes[3]) =
            ((ulong)k, (ulong)features, (ulong)halves, (ulong)experts);
        (tensor.StrideBytes[0], tensor.StrideBytes[1], tensor.StrideBytes[2]) =
            ((ulong)featureStride, (ulong)halfStride, (ulong)(halves * features * rowBytes));
        // One load brings what a consumer multiplies: 64 features of both halves, or 128 of a plain product.
        (tensor.Box[0], tensor.Box[1], tensor.Box[2], tensor.Box[3]) =
            (BoxColumns, ConsumerRows / (uint)halves, (uint)halves, 1);
        _map.Encode(tensor);
    }
}
