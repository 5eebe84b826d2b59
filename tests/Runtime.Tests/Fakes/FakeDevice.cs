namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Host memory as a device, with a limit and a count of what is out.</summary>
internal sealed class FakeDevice : IComputeDevice
{
    public DeviceTraits Traits { get; init; } =
        new() { Id = DeviceId.Cpu, Name = "test cpu", Processors = 1, MemoryBytes = 1L << 30 };

    public long AllocatedBytes { get; private set; }

    public int Allocations { get; private set; }

    public int LiveAllocations { get; private set; }

    public long LimitBytes { get; set; } = 1L << 30;

    public IDeviceMemory Allocate(long bytes, string purpose)
    {
        if (AllocatedBytes + bytes > LimitBytes)
        {
            throw new DeviceMemoryException(Traits.Id, purpose, bytes, LimitBytes - AllocatedBytes);
        }

        Allocations++;
        LiveAllocations++;
        AllocatedBytes += bytes;
        return new FakeMemory(bytes, () =>
        {
            AllocatedBytes -= bytes;
            LiveAllocations--;
        });
    }

    public IComputeStream CreateStream() => new FakeStream(this);

    public IComputeEvent CreateEvent() => throw new NotSupportedException("Tests time nothing.");

    public void Dispose()
    {
    }
}
