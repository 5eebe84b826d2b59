namespace FusedMoe.PrepareFinalize;

/// <summary>Answers that every CPU stage of this plugin shares.</summary>
internal abstract class CpuStageDescriptor : StageDescriptor
{
    public sealed override DeviceKind DeviceKind => DeviceKind.Cpu;

    public sealed override Support SupportsDevice(DeviceTraits device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Id.Kind == DeviceKind.Cpu
            ? Support.Yes
            : Support.No(
                RefusalCodes.DeviceKind,
                "device",
                "cpu",
                $"{device.Id} ({device.Name})",
                GpuName is null ? null : $"choose '{GpuName}'");
    }

    public sealed override Support SupportsGraphCapture() => Support.No(
        RefusalCodes.GraphCapture, "graph capture", "off on cpu", "on",
        "set FusedMoe:Deployment:GraphCapture to false");

    /// <summary>The stage that does the same on a GPU, named in the remedy; null when there is none.</summary>
    protected abstract string? GpuName { get; }
}
