namespace FusedMoe;

/// <summary>
/// An ordered queue of work on one device. On the CPU work runs at once on the caller's thread and the worker pool; on
/// a GPU every member but <see cref="Synchronize"/> and <see cref="CopyToHost"/> enqueues and returns.
/// </summary>
public interface IComputeStream : IDisposable
{
    /// <summary>The device the stream belongs to.</summary>
    IComputeDevice Device { get; }

    /// <summary>The native handle (<c>CUstream</c>); 0 on the CPU.</summary>
    nint Handle { get; }

    /// <summary>
    /// Copies host bytes to device memory, ordered on the stream. The source may be reused when the call returns.
    /// </summary>
    void CopyToDevice(ReadOnlySpan<byte> source, nint destination);

    /// <summary>Waits for the stream, then copies device memory to host bytes.</summary>
    /// <exception cref="DeviceException">Work on the stream failed, or the copy did.</exception>
    void CopyToHost(nint source, Span<byte> destination);

    /// <summary>
    /// Copies <paramref name="bytes"/> between two places on the device, ordered on the stream. The ranges must not
    /// overlap.
    /// </summary>
    void Copy(nint source, nint destination, long bytes);

    /// <summary>Sets <paramref name="bytes"/> bytes to <paramref name="value"/>, ordered on the stream.</summary>
    void Fill(nint destination, byte value, long bytes);

    /// <summary>Makes later work on this stream wait for all work now on <paramref name="other"/>.</summary>
    void WaitFor(IComputeStream other);

    /// <summary>
    /// Marks this place in the stream's work with <paramref name="marker"/>, replacing an earlier mark of it.
    /// </summary>
    void Record(IComputeEvent marker);

    /// <summary>Blocks until all work on the stream is done.</summary>
    /// <exception cref="DeviceException">Work on the stream failed.</exception>
    void Synchronize();

    /// <summary>Records the work that <paramref name="enqueue"/> puts on this stream without running it.</summary>
    /// <exception cref="NotSupportedException"><see cref="DeviceTraits.CanCaptureGraphs"/> is false.</exception>
    IComputeGraph Capture(Action<IComputeStream> enqueue);
}
