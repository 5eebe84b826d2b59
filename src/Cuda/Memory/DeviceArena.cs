namespace FusedMoe.Cuda;

/// <summary>
/// One reserved block that is handed out front to back and taken back at once. Not for concurrent use.
/// </summary>
public sealed class DeviceArena : IDisposable
{
    private readonly IDeviceMemory _memory;
    private long _used;

    /// <summary>Reserves <paramref name="bytes"/> on <paramref name="device"/>.</summary>
    /// <exception cref="DeviceMemoryException">The device has too little free memory.</exception>
    public DeviceArena(IComputeDevice device, long bytes, string purpose)
    {
        ArgumentNullException.ThrowIfNull(device);
        _memory = device.Allocate(bytes, purpose);
        Purpose = purpose;
    }

    /// <summary>What the arena is for, named in errors.</summary>
    public string Purpose { get; }

    /// <summary>Bytes reserved.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>Bytes handed out since the last <see cref="Reset"/>, alignment included.</summary>
    public long Used => _used;

    /// <summary>The next <paramref name="bytes"/>, aligned to 256.</summary>
    /// <exception cref="ArgumentException">The arena is full; names both sizes.</exception>
    public nint Take(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var size = DeviceRegion.Round(bytes);
        if (size > Bytes - _used)
        {
            throw new ArgumentException(
                $"The arena for {Purpose} has {Bytes - _used} bytes left, too few for {size}; reserve more.");
        }

        var pointer = _memory.Pointer + (nint)_used;
        _used += size;
        return pointer;
    }

    /// <summary>Takes everything back. What was handed out must no longer be used.</summary>
    public void Reset() => _used = 0;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
