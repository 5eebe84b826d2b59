namespace FusedMoe.Runtime;

/// <summary>Whether a plan's device is there.</summary>
internal static class DeviceRefusals
{
    /// <summary>Why it is not, in the providers' own words; empty when it is.</summary>
    public static IEnumerable<Refusal> Of(IMoePluginCatalog catalog, DeploymentSpec deployment)
    {
        var device = deployment.Device;
        var providers = catalog.DeviceProviders.Where(p => p.Kind == device.Id.Kind).ToArray();
        if (providers.Length == 0)
        {
            return [NoDevice("offered by a loaded plugin", device.Id, "load a plugin that offers it")];
        }

        var found = providers.Select(p => p.Discover()).ToArray();
        if (found.Any(d => d.Devices.Any(t => t.Id == device.Id)))
        {
            return deployment.GraphCapture && !device.CanCaptureGraphs
                ? [NoGraphs(device.Id)]
                : [];
        }

        var reasons = found.SelectMany(d => d.Refusals).ToArray();
        var devices = string.Join(", ", found.SelectMany(d => d.Devices).Select(d => d.Id.ToString()));
        return reasons.Length > 0
            ? reasons
            : [NoDevice(devices.Length == 0 ? "present" : $"one of {devices}", device.Id, remedy: null)];
    }

    private static Refusal NoDevice(string required, DeviceId id, string? remedy) =>
        new(RefusalCodes.NoDevice, "device", required, id.ToString(), remedy);

    private static Refusal NoGraphs(DeviceId id) => new(
        RefusalCodes.GraphCapture, "device", "able to capture graphs", id.ToString(), "turn off FusedMoe:Deployment:GraphCapture");
}
