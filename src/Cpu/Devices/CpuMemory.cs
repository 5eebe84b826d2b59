namespace FusedMoe.Cpu;

/// <summary>Host memory taken from a <see cref="CpuDevice"/>.</summary>
public sealed class CpuMemory : IDeviceMemory
{
    private readonly AlignedMemory _memory;
    private readonly CpuDevice _owner;
    private int _disposed;

    internal CpuMemory(CpuDevice owner, AlignedMemory memory) => (_owner, _memory) = (owner, memory);

    /// <inheritdoc/>
    public nint Pointer => _memory.Pointer;

    /// <inheritdoc/>
    public long Bytes => _memory.Bytes;

    /// <inheritdoc/>
    public DeviceId Device => DeviceId.Cpu;

    /// <summary>Gives the memory back; further calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _memory.Dispose();
            _owner.OnReleased(Bytes);
        }
    }
}
