namespace FusedMoe;

/// <summary>Small dense steps around the experts, on one device kind.</summary>
public interface ILayerOps : IDeviceService
{
    /// <summary>
    /// Router logits: <c>logits[m, e] = Σ x[m, k]·w[e, k] + b[e]</c>, summed in float32 in a fixed order.
    /// </summary>
    /// <param name="hidden"><c>[M, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="weight"><c>[G, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="bias"><c>[G]</c> in float32 or the weight type, or <see cref="TensorView.None"/>.</param>
    /// <param name="logits"><c>[M, G]</c> in float32, bf16 or fp16, written.</param>
    /// <param name="stream">Orders the work.</param>
    void ProjectLogits(TensorView hidden, TensorView weight, TensorView bias, TensorView logits, IComputeStream stream);

    /// <summary><c>target += addend</c> in live rows, added in float32 and rounded once; other rows keep their bits.</summary>
    /// <param name="target"><c>[M, K]</c> in float32, bf16 or fp16.</param>
    /// <param name="addend">The target's shape and type.</param>
    /// <param name="validTokens">int32 scalar on the device: live rows; <see cref="TensorView.None"/> when all are.</param>
    /// <param name="stream">Orders the work.</param>
    void Accumulate(TensorView target, TensorView addend, TensorView validTokens, IComputeStream stream);
}
