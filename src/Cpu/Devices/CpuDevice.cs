namespace FusedMoe.Cpu;

/// <summary>The host as a device: native memory, and streams that run work at once.</summary>
public sealed class CpuDevice : IComputeDevice
{
    private long _allocatedBytes;

    /// <summary>A device over <paramref name="workers"/>; null takes <see cref="WorkerPool.Shared"/>.</summary>
    public CpuDevice(WorkerPool? workers = null)
    {
        Workers = workers ?? WorkerPool.Shared;
        Traits = CpuTraits.Host with { Processors = Workers.WorkerCount };
    }

    /// <inheritdoc/>
    public DeviceTraits Traits { get; }

    /// <summary>The threads that stages on this device use.</summary>
    public WorkerPool Workers { get; }

    /// <inheritdoc/>
    public long AllocatedBytes => Interlocked.Read(ref _allocatedBytes);

    /// <inheritdoc/>
    public IDeviceMemory Allocate(long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > Traits.MemoryBytes)
        {
            throw new DeviceMemoryException(DeviceId.Cpu, purpose, bytes, CpuTraits.FreeMemoryBytes());
        }

        try
        {
            var memory = new CpuMemory(this, new AlignedMemory(bytes));
            Interlocked.Add(ref _allocatedBytes, bytes);
            return memory;
        }
        catch (OutOfMemoryException)
        {
            throw new DeviceMemoryException(DeviceId.Cpu, purpose, bytes, CpuTraits.FreeMemoryBytes());
        }
    }

    /// <inheritdoc/>
    public IComputeStream CreateStream() => new CpuStream(this);

    /// <inheritdoc/>
    public IComputeEvent CreateEvent() => new CpuEvent();

    /// <summary>Holds nothing of its own: memory is given back by its owners, and the workers may be shared.</summary>
    public void Dispose()
    {
    }

    internal void OnReleased(long bytes) => Interlocked.Add(ref _allocatedBytes, -bytes);
}
