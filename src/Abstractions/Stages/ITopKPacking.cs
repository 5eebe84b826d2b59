namespace FusedMoe;

/// <summary>
/// Packs expert ids and router weights into one word a slot, as routed FP4 kernels take them, on one device kind.
/// </summary>
public interface ITopKPacking : IDeviceService
{
    /// <summary>
    /// Enqueues <c>packed[m, j] = ids[m, j] &lt;&lt; 16 | w</c>, where <c>w</c> is the 16 bits of the weight in bf16, rounded
    /// to nearest even. A negative weight does not touch the id, and an id of -1 is -1 when it is shifted back.
    /// </summary>
    /// <param name="ids">int32 <c>[M, k]</c>, contiguous, -1 to 32767.</param>
    /// <param name="weights">float32, of the ids' shape, contiguous, finite.</param>
    /// <param name="packed">int32, of the ids' shape, contiguous.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">
    /// A tensor has another shape, type or layout; names it and what it must be.
    /// </exception>
    void Pack(TensorView ids, TensorView weights, TensorView packed, IComputeStream stream);
}
