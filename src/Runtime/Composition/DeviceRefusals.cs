namespace FusedMoe.Runtime;

/// <summary>Whether a plan's device is there.</summary>
internal static class DeviceRefusals
{
    /// <summary>Why it is not, in the providers' own words; empty when it is.</summary>
    public static IReadOnlyList<Refusal> Of(IMoePluginCatalog catalog, DeploymentSpec deployment)
    {
        var device = deployment.Device;
        var absence = Absence(catalog, device.Id);
        return absence.Count == 0 && deployment.GraphCapture && !device.CanCaptureGraphs ? [NoGraphs(device.Id)] : absence;
    }

    /// <summary>Why a device is not there; empty when it is.</summary>
    public static IReadOnlyList<Refusal> Absence(IMoePluginCatalog catalog, DeviceId device)
    {
        var providers = catalog.DeviceProviders.Where(p => p.Kind == device.Kind).ToArray();
        if (providers.Length == 0)
        {
            return [NoDevice("offered by a loaded plugin", device, "load a plugin that offers it")];
        }

        var found = providers.Select(p => p.Discover()).ToArray();
        if (found.Any(d => d.Devices.Any(t => t.Id == device)))
        {
            return [];
        }

        var reasons = found.SelectMany(d => d.Refusals).ToArray();
        var devices = string.Join(", ", found.SelectMany(d => d.Devices).Select(d => d.Id.ToString()));
        return reasons.Length > 0
            ? reasons
            : [NoDevice(devices.Length == 0 ? "present" : $"one of {devices}", device, remedy: null)];
    }

    private static Refusal NoDevice(string required, DeviceId id, string? remedy) =>
        new(RefusalCodes.NoDevice, "device", required, id.ToString(), remedy);

    private static Refusal NoGraphs(DeviceId id) => new(
        RefusalCodes.GraphCapture,
        "device",
        "able to capture graphs",
        id.ToString(),
        "turn off FusedMoe:Deployment:GraphCapture");
}
