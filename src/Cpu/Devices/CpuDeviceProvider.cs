namespace FusedMoe.Cpu;

/// <summary>Offers the host as the one CPU device.</summary>
public sealed class CpuDeviceProvider : IComputeDeviceProvider
{
    private readonly Lazy<CpuDevice> _device = new(() => new CpuDevice());

    /// <inheritdoc/>
    public DeviceKind Kind => DeviceKind.Cpu;

    /// <inheritdoc/>
    public DeviceDiscovery Discover() => new([CpuTraits.Host], []);

    /// <inheritdoc/>
    public IComputeDevice Open(int index)
    {
        if (index != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(index), index, "A CPU device index must be 0: the host is one device.");
        }

        return _device.Value;
    }
}
