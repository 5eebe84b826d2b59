namespace FusedMoe.Tests;

/// <summary>Devices that are data only, for questions that no driver is needed for.</summary>
internal static class TestDevices
{
    /// <summary>A GPU the size of an H200 with a compute capability (90 for 9.0).</summary>
    public static DeviceTraits Gpu(int capability) => new()
    {
        Id = DeviceId.Cuda(0),
        Name = "device",
        ComputeCapability = capability,
        Processors = 132,
        MemoryBytes = 1L << 37,
        DriverVersion = 13000,
    };
}
