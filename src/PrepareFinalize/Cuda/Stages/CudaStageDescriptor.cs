using FusedMoe.Cuda;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Answers that every GPU stage of this plugin shares. What differs between stages is abstract, so that a new stage
/// cannot
/// inherit a yes by oversight.
/// </summary>
internal abstract class CudaStageDescriptor : IStageDescriptor
{
    // The oldest architecture that PTX was built for, and the driver that knows that PTX's version.
    private const int MinimumCapability = 80;
    private const int CubinCapability = 90;
    private const int PtxDriver = 12040;

    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract StageKind Kind { get; }

    public DeviceKind DeviceKind => DeviceKind.Cuda;

    public Support SupportsDevice(DeviceTraits device)
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
                $"{device.ComputeCapability / 10}.{device.ComputeCapability % 10}",
                "choose a cpu device");
        }

        return device.ComputeCapability == CubinCapability || device.DriverVersion >= PtxDriver
            ? Support.Yes
            : Support.No(
                RefusalCodes.DriverVersion,
                "CUDA driver",
                "12.4 or newer on other devices than compute capability 9.0",
                $"{device.DriverVersion / 1000}.{device.DriverVersion % 1000 / 10}",
                "update it");
    }

    public abstract Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType);

    public abstract Support SupportsParallel(ParallelSpec parallel);

    public abstract Support SupportsExpertMap();

    public abstract Support SupportsRouting(RoutingSpec routing);

    public abstract Support SupportsRouterLogits(DType dtype);

    public abstract Support SupportsShape(MoeShape shape);

    public abstract Support SupportsFormat(ActivationFormat format);

    public abstract Support SupportsRouterWeightOnInput();

    public abstract Support SupportsBatchInvariance();

    public abstract Support SupportsDeterminism();

    public abstract Support SupportsLora(LoraSpec lora);

    /// <summary>
    /// Yes: activations, gates and biases live inside the experts and do not concern a router or a transport.
    /// </summary>
    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    /// <inheritdoc cref="SupportsActivation"/>
    public Support SupportsNonGated() => Support.Yes;

    /// <inheritdoc cref="SupportsActivation"/>
    public Support SupportsBias() => Support.Yes;

    /// <summary>Yes: every step is a launch of fixed size that reads counts on the device.</summary>
    public Support SupportsGraphCapture() => Support.Yes;

    /// <summary>The stage that does the same on a CPU, named in the remedy.</summary>
    protected abstract string CpuName { get; }
}
