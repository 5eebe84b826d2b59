using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>Device memory out of the device's pool.</summary>
public sealed class DeviceBuffer : IDeviceMemory
{
    private readonly CudaDevice _device;
    private readonly CUstream _stream;
    private readonly bool _isOrdered;
    private ulong _pointer;

    internal DeviceBuffer(CudaDevice device, CUstream stream, ulong pointer, long bytes, bool isOrdered)
    {
        (_device, _stream, _pointer, _isOrdered) = (device, stream, pointer, isOrdered);
        Bytes = bytes;
    }

    /// <inheritdoc/>
    public nint Pointer => (nint)_pointer;

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <inheritdoc/>
    public DeviceId Device => _device.Id;

    /// <summary>
    /// Gives the memory back: in the order of its stream when it was allocated on one, otherwise after all work of the
    /// device is done.
    /// </summary>
    public void Dispose()
    {
        var pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
        {
            _device.Free(pointer, Bytes, _stream, _isOrdered);
        }
    }
}
