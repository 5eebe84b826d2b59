namespace FusedMoe.Cuda;

/// <summary>Device memory out of the device's pool.</summary>
public sealed class DeviceBuffer : IDeviceMemory
{
    private readonly CudaDevice _device;
    private readonly CudaStream? _stream;
    private ulong _pointer;

    internal DeviceBuffer(CudaDevice device, CudaStream? stream, ulong pointer, long bytes)
    {
        (_device, _stream, _pointer) = (device, stream, pointer);
        Bytes = bytes;
    }

    /// <inheritdoc/>
    public nint Pointer => (nint)_pointer;

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <inheritdoc/>
    public DeviceId Device => _device.Id;

    /// <summary>
    /// Gives the memory back: in the order of its stream when it was allocated on one that still is, otherwise after all work
    /// of the device is done.
    /// </summary>
    public void Dispose()
    {
        var pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
        {
            _device.Free(pointer, Bytes, _stream);
        }
    }
}
