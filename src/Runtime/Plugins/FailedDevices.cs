namespace FusedMoe.Runtime;

/// <summary>Stands where a plugin's device provider could not be constructed; the catalog does not list it.</summary>
internal sealed class FailedDevices(string failure) : IComputeDeviceProvider
{
    public DeviceKind Kind => DeviceKind.Cpu;

    public DeviceDiscovery Discover() =>
        new([], [new Refusal(FailedStage.NotConstructed, "device provider", "constructed", failure)]);

    public IComputeDevice Open(int index) => throw new ArgumentOutOfRangeException(nameof(index), index, failure);
}
