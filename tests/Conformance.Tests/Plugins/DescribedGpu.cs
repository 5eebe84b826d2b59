namespace FusedMoe.Conformance.Tests;

/// <summary>The traits of a Hopper GPU without the GPU: enough to discover cases, which runs nothing.</summary>
internal sealed class DescribedGpu : IComputeDevice
{
    public DeviceTraits Traits { get; } = new()
    {
        Id = new DeviceId(DeviceKind.Cuda, 0),
        Name = "a described GPU",
        ComputeCapability = 90,
        Processors = 132,
        SharedMemoryPerBlock = 227 * 1024,
        CacheBytes = 50 << 20,
        MemoryBytes = 80L << 30,
        DriverVersion = 13000,
        CanCaptureGraphs = true,
    };

    public long AllocatedBytes => 0;

    public IDeviceMemory Allocate(long bytes, string purpose) => throw Absent();

    public IComputeStream CreateStream() => throw Absent();

    public IComputeEvent CreateEvent() => throw Absent();

    public void Dispose()
    {
    }

    private static InvalidOperationException Absent() => new("The GPU is only described; nothing runs on it.");
}
