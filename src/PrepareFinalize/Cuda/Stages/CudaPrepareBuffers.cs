using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// How a local prepare divides its scratch: weighted rows, quantized rows, scales; each may be absent.
/// </summary>
internal readonly struct CudaPrepareBuffers
{
    private readonly long _weightedBytes;
    private readonly long _quantizedBytes;

    /// <summary>The division for up to <paramref name="tokens"/> tokens.</summary>
    public CudaPrepareBuffers(MoeLayerSpec layer, QuantKey? key, IActivationQuantizer quantizer, int tokens)
    {
        var elements = (long)tokens * layer.Shape.Hidden;
        _weightedBytes = layer.Features.RouterWeightOnInput ? DeviceRegion.Round(layer.ActivationDType.BytesFor(elements)) : 0;
        _quantizedBytes = key is null ? 0 : DeviceRegion.Round(key.Element.BytesFor(elements));
        var scales = key is null ? 0 : quantizer.ScaleShape(key, tokens, layer.Shape.Hidden).Elements;
        Bytes = _weightedBytes + _quantizedBytes + (key is null ? 0 : DeviceRegion.Round(key.Scale.DType.BytesFor(scales)));
    }

    /// <summary>Bytes of scratch.</summary>
    public long Bytes { get; }

    /// <summary>Rows after the router weight was applied, in the type of <paramref name="like"/>.</summary>
    public static TensorView Weighted(TensorView scratch, TensorView like) =>
        TensorView.Contiguous(scratch.Pointer, like.DType, like.Shape, like.Device);

    /// <summary>Quantized rows.</summary>
    public TensorView Quantized(TensorView scratch, QuantKey key, TensorShape shape) =>
        TensorView.Contiguous(scratch.Pointer + (nint)_weightedBytes, key.Element, shape, scratch.Device);

    /// <summary>Their scales.</summary>
    public TensorView Scales(TensorView scratch, QuantKey key, TensorShape shape) =>
        TensorView.Contiguous(
            scratch.Pointer + (nint)(_weightedBytes + _quantizedBytes), key.Scale.DType, shape, scratch.Device);
}
