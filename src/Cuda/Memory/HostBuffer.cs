using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// Pinned host memory: copies from and to it run without a staging copy and can be captured in a graph.
/// </summary>
public sealed unsafe class HostBuffer : IDisposable
{
    private const uint Portable = 1;
    private void* _pointer;

    /// <summary>Takes <paramref name="bytes"/> of pinned memory, usable by every device.</summary>
    /// <exception cref="CudaException">The host has too little memory that can be pinned.</exception>
    public HostBuffer(CudaDevice device, long bytes)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        device.MakeCurrent();
        void* pointer;
        Driver.cuMemHostAlloc(&pointer, (nuint)bytes, Portable).Check(device.Id, $"{bytes} bytes");
        _pointer = pointer;
        Bytes = bytes;
        HandleCounts.Opened();
    }

    /// <summary>Host address.</summary>
    public nint Pointer => (nint)_pointer;

    /// <summary>Usable bytes.</summary>
    public long Bytes { get; }

    /// <summary>The first 2 GiB at most, as bytes.</summary>
    public Span<byte> Span => new(_pointer, (int)Math.Min(Bytes, int.MaxValue));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pointer != null)
        {
            _ = Driver.cuMemFreeHost(_pointer);
            _pointer = null;
            HandleCounts.Closed();
        }
    }
}
