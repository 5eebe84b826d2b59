namespace FusedMoe.Cpu;

/// <summary>A stream of the host: every member has finished its work when it returns.</summary>
public sealed unsafe class CpuStream : IComputeStream
{
    internal CpuStream(CpuDevice device) => Device = device;

    /// <inheritdoc/>
    public IComputeDevice Device { get; }

    /// <inheritdoc/>
    public nint Handle => 0;

    /// <inheritdoc/>
    public void CopyToDevice(ReadOnlySpan<byte> source, nint destination) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    /// <inheritdoc/>
    public void CopyToHost(nint source, Span<byte> destination) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public void Copy(nint source, nint destination, long bytes) =>
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    /// <inheritdoc/>
    public void Fill(nint destination, byte value, long bytes) =>
        System.Runtime.InteropServices.NativeMemory.Fill((void*)destination, checked((nuint)bytes), value);

    /// <summary>Does nothing: work of another host stream is done when its call returned.</summary>
    public void WaitFor(IComputeStream other)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The event is not of a CPU device.</exception>
    public void Record(IComputeEvent marker)
    {
        if (marker is not CpuEvent cpu)
        {
            var actual = marker?.GetType().Name ?? "null";
            throw new ArgumentException($"An event of a cpu device must be given, got {actual}.");
        }

        cpu.Mark();
    }

    /// <summary>Does nothing: work is done when its call returned.</summary>
    public void Synchronize()
    {
    }

    /// <summary>
    /// Not offered. Work runs at once on the caller's thread, so the only thing to keep would be the delegate, and
    /// replaying it runs host code again instead of recorded work.
    /// </summary>
    /// <exception cref="NotSupportedException">Always; <see cref="DeviceTraits.CanCaptureGraphs"/> is
    /// false.</exception>
    public IComputeGraph Capture(Action<IComputeStream> enqueue) =>
        throw new NotSupportedException(
            "Graph capture must run on a device that has it, got cpu; call the kernel directly.");

    /// <summary>Holds nothing.</summary>
    public void Dispose()
    {
    }
}
