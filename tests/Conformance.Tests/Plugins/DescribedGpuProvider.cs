namespace FusedMoe.Conformance.Tests;

/// <summary>Stands for the driver where there is none, so that plans for a GPU can be made.</summary>
internal sealed class DescribedGpuProvider : IComputeDeviceProvider
{
    public DeviceKind Kind => DeviceKind.Cuda;

    public DeviceDiscovery Discover() => new([new DescribedGpu().Traits], []);

    public IComputeDevice Open(int index) => new DescribedGpu();
}
