namespace FusedMoe;

/// <summary>
/// Finds and opens devices of one kind. Registered by a plugin; a missing driver is a refusal, never an exception.
/// </summary>
public interface IComputeDeviceProvider
{
    /// <summary>The kind of devices found.</summary>
    DeviceKind Kind { get; }

    /// <summary>What is there. Cheap after the first call; never throws.</summary>
    DeviceDiscovery Discover();

    /// <summary>
    /// Opens device <paramref name="index"/>. One object per device and provider; disposing the provider's container
    /// closes it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such device.</exception>
    IComputeDevice Open(int index);
}
