namespace FusedMoe;

/// <summary>
/// Groups the pairs of a batch (token, slot) by local expert on the device, each group padded to whole blocks, so that a
/// grouped product can address its rows indirectly. Nothing is read on the host and every buffer has a fixed size.
/// </summary>
public interface IExpertAlignment : IDeviceService
{
    /// <summary>
    /// Rows that <paramref name="pairs"/> can take in the worst case, padding included: a multiple of
    /// <paramref name="blockSize"/>, <c>pairs + E·(B - 1)</c> or <c>pairs·B</c>, whichever is less, rounded up.
    /// </summary>
    /// <param name="pairs">M·k, at least 0.</param>
    /// <param name="localExperts">E, 1 to 1024.</param>
    /// <param name="blockSize">B, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Pairs are negative or B is below 1.</exception>
    /// <exception cref="OverflowException">The rows exceed 2^31 - 1.</exception>
    int Capacity(int pairs, int localExperts, int blockSize);

    /// <summary>Bytes of scratch for a call; 0 when it needs none.</summary>
    long ScratchBytes(int pairs, int localExperts);

    /// <summary>
    /// Enqueues one alignment. Inside an expert pairs keep token order, so the result is the same in every run.
    /// </summary>
    /// <param name="call">Ids, sizes and what is wanted.</param>
    /// <param name="stream">Orders the work.</param>
    /// <exception cref="ArgumentException">E is not 1 to 1024, or B is below 1; a tensor has another type or size than
    /// <see cref="ExpertAlignmentCall"/> says, is strided, or lies on a device of another kind than the service's; a tensor
    /// that must be given, or scratch that the call needs, is not; or the stream is not of a device of that kind. Names what
    /// is wrong, what it must be and what it is; nothing was enqueued.</exception>
    /// <exception cref="OverflowException">The pairs, or the rows that they can take, exceed 2^31 - 1.</exception>
    /// <exception cref="DeviceException">The driver refused a launch.</exception>
    void Align(in ExpertAlignmentCall call, IComputeStream stream);
}
