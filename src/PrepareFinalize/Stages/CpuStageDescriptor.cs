namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Answers that every CPU stage of this plugin shares. What differs between stages is abstract, so that a new stage
/// cannot inherit a yes by oversight.
/// </summary>
internal abstract class CpuStageDescriptor : IStageDescriptor
{
    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract StageKind Kind { get; }

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public Support SupportsDevice(DeviceTraits device)
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

    public Support SupportsGraphCapture() => Support.No(
        RefusalCodes.GraphCapture, "graph capture", "off on cpu", "on",
        "set FusedMoe:Deployment:GraphCapture to false");

    /// <summary>The stage that does the same on a GPU, named in the remedy; null when there is none.</summary>
    protected abstract string? GpuName { get; }
}
