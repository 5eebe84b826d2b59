namespace FusedMoe;

/// <summary>
/// Small dense steps around the experts, on one device kind. All tensors are contiguous and on a device of that kind, that of
/// the stream.
/// </summary>
public interface ILayerOps : IDeviceService
{
    /// <summary>
    /// Router logits: <c>logits[m, e] = Σ x[m, k]·w[e, k] + b[e]</c>, summed in float32 in a fixed order.
    /// </summary>
    /// <param name="hidden"><c>[M, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="weight"><c>[G, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="bias"><c>[G]</c> in float32, bf16 or fp16, or <see cref="TensorView.None"/>.</param>
    /// <param name="logits"><c>[M, G]</c> in float32, bf16 or fp16, written.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">A tensor is missing, has another shape or type, is strided, or lies on a device of
    /// another kind; or the stream is not of a device of that kind. Names what is wrong, what it must be and what it is;
    /// nothing was enqueued or written.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void ProjectLogits(TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream);

    /// <summary><c>target += addend</c> in live rows, added in float32 and rounded once; other rows keep their bits.</summary>
    /// <param name="target"><c>[M, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="addend">The target's shape and type.</param>
    /// <param name="validTokens">int32 <c>[1]</c> on the device: live rows; <see cref="TensorView.None"/> when all are.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">As for <see cref="ProjectLogits"/>.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream);

    /// <summary>Adds what identity experts give.</summary>
    /// <param name="call">Tensors, and which ids are theirs.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">As for <see cref="ProjectLogits"/>.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void AddIdentity(in IdentityCall call, IComputeStream stream);
}
