namespace FusedMoe.Cuda;

/// <summary>Finds and opens NVIDIA GPUs through the driver library; a missing driver is a refusal.</summary>
public sealed class CudaDeviceProvider : IComputeDeviceProvider, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lazy<DeviceDiscovery> _discovery = new(CudaDriver.Discover);
    private readonly Dictionary<int, CudaDevice> _devices = [];
    private bool _isDisposed;

    /// <inheritdoc/>
    public DeviceKind Kind => DeviceKind.Cuda;

    /// <inheritdoc/>
    public DeviceDiscovery Discover() => _discovery.Value;

    /// <inheritdoc/>
    public IComputeDevice Open(int index)
    {
        var traits = Discover().Devices.FirstOrDefault(d => d.Id.Index == index)
            ?? throw new ArgumentOutOfRangeException(nameof(index), index, Missing(index));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_devices.TryGetValue(index, out var device) || device.IsDisposed)
            {
                device = new CudaDevice(traits);
                _devices[index] = device;
            }

            return device;
        }
    }

    /// <summary>Closes the devices that were opened here.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var device in _devices.Values)
            {
                device.Dispose();
            }
        }
    }

    private string Missing(int index)
    {
        var found = Discover();
        var reasons = found.Refusals.Count == 0
            ? $"known: {string.Join(", ", found.Devices.Select(d => d.Id))}"
            : string.Join(" ", found.Refusals);
        return $"There is no device cuda:{index}; {reasons}";
    }
}
