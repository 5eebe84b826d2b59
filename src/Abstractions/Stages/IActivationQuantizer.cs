namespace FusedMoe;

/// <summary>
/// Quantizes activations on one device kind. Source of the formula: vLLM's reference quantizer (see moe documentation
/// in docs/architecture.md).
/// </summary>
public interface IActivationQuantizer : IDeviceService
{
    /// <summary>Whether a key can be quantized here.</summary>
    Support Supports(QuantKey key);

    /// <summary>The shape of the scales for <paramref name="rows"/> x <paramref name="columns"/> activations.</summary>
    TensorShape ScaleShape(QuantKey key, int rows, int columns);

    /// <summary>
    /// Quantizes <c>[M, K]</c>: amax over the group, at least 1e-12; scale = amax / max of the element type; element =
    /// input / scale, clamped, rounded to nearest even. e8m0 scales are rounded up to a power of two.
    /// </summary>
    /// <param name="input">float32, bf16 or fp16; contiguous like all tensors, and on a device of the service's kind.</param>
    /// <param name="key">Quantization.</param>
    /// <param name="staticScale">float32 <c>[1]</c> (per tensor, and second-level scales) or <c>[M, 1]</c> for static keys; not
    /// read for others.</param>
    /// <param name="output"><c>[M, K]</c> of the key's element type.</param>
    /// <param name="scales">Of <see cref="ScaleShape"/> and the key's scale type.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException"><see cref="Supports"/> refuses the key; rows of a packed type have an odd number of
    /// elements; a tensor is missing, has another shape or type, is strided, or lies on a device of another kind; or the
    /// stream is not of a device of that kind. Names what is wrong, what it must be and what it is; nothing was enqueued or
    /// written.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void Quantize(
        TensorView input, QuantKey key, TensorView staticScale, TensorView output, TensorView scales, IComputeStream stream);

    /// <summary>The same for the live rows of <c>[M, K]</c>, or of a block of rows an expert, <c>[E, T, K]</c>.</summary>
    /// <param name="call">Tensors and live rows.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">As for the other overload; scales of blocks of rows span some of those rows; or
    /// there is not one count of live rows a block.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void Quantize(in QuantizationCall call, IComputeStream stream);
}
