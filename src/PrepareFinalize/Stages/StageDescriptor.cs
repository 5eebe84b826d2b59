namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Answers that every stage of this plugin shares. What differs between stages is abstract, so that a new stage cannot
/// inherit a yes by oversight.
/// </summary>
internal abstract class StageDescriptor : IStageDescriptor
{
    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract StageKind Kind { get; }

    public abstract DeviceKind DeviceKind { get; }

    public abstract Support SupportsDevice(DeviceTraits device);

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

    public abstract Support SupportsGraphCapture();

    public abstract Support SupportsLora(LoraSpec lora);

    /// <summary>
    /// Yes: activations, gates and biases live inside the experts and do not concern a router or a transport.
    /// </summary>
    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    /// <inheritdoc cref="SupportsActivation"/>
    public Support SupportsNonGated() => Support.Yes;

    /// <inheritdoc cref="SupportsActivation"/>
    public Support SupportsBias() => Support.Yes;
}
