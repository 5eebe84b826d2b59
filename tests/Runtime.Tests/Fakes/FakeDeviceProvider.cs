namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Offers given devices, or reasons why there are none.</summary>
internal sealed class FakeDeviceProvider(DeviceKind kind, DeviceDiscovery discovery, IComputeDevice? device = null)
    : IComputeDeviceProvider
{
    public DeviceKind Kind => kind;

    public DeviceDiscovery Discover() => discovery;

    public IComputeDevice Open(int index) => device ?? throw new ArgumentOutOfRangeException(nameof(index));

    public static FakeDeviceProvider Of(FakeDevice device) =>
        new(device.Traits.Id.Kind, new DeviceDiscovery([device.Traits], []), device);
}
