using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>Answers that every GPU stage of this plugin shares.</summary>
internal abstract class CudaStageDescriptor : StageDescriptor
{
    // The oldest architecture that PTX was built for, and the one with images of its own.
    private const int MinimumCapability = 80;
    private const int CubinCapability = 90;

    public sealed override DeviceKind DeviceKind => DeviceKind.Cuda;

    public sealed override Support SupportsDevice(DeviceTraits device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Id.Kind != DeviceKind.Cuda)
        {
            return Support.No(RefusalCodes.DeviceKind, "device", "cuda", $"{device.Id} ({device.Name})", $"choose '{CpuName}'");
        }

        if (device.ComputeCapability < MinimumCapability)
        {
            return Support.No(
                RefusalCodes.Architecture,
                "compute capability",
                "8.0 or higher",
                device.ComputeCapabilityText,
                "choose a cpu device");
        }

        return device.ComputeCapability == CubinCapability ? Support.Yes : KernelImage.SupportsPtx(device);
    }

    /// <summary>Yes: every step is a launch of fixed size that reads counts on the device.</summary>
    public sealed override Support SupportsGraphCapture() => Support.Yes;

    /// <summary>The stage that does the same on a CPU, named in the remedy.</summary>
    protected abstract string CpuName { get; }
}
