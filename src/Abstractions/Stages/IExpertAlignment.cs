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
    int Capacity(int pairs, int localExperts, int blockSize);

    /// <summary>Bytes of scratch for a call; 0 when it needs none.</summary>
    long ScratchBytes(int pairs, int localExperts);

    /// <summary>
    /// Enqueues one alignment. Inside an expert pairs keep token order, so the result is the same in every run.
    /// </summary>
    void Align(in ExpertAlignmentCall call, IComputeStream stream);
}
