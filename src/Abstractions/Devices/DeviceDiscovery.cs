namespace FusedMoe;

/// <summary>Devices of one kind, and why there are none or fewer than expected.</summary>
/// <param name="Devices">Usable devices, by ordinal.</param>
/// <param name="Refusals">Why devices are missing: no driver, too old a driver, no device.</param>
public sealed record DeviceDiscovery(IReadOnlyList<DeviceTraits> Devices, IReadOnlyList<Refusal> Refusals);
