namespace FusedMoe.PrepareFinalize;

/// <summary>The capability answers that the schemes over a communicator share.</summary>
internal abstract class DispatchDescriptor(
    IEnumerable<IActivationQuantizer> quantizers, IEnumerable<ITopKWeightAndReduceProvider> strategies)
    : IPrepareAndFinalizeDescriptor
{
    public abstract string Name { get; }

    public abstract string Summary { get; }

    public abstract ActivationFormat ActivationFormat { get; }

    public StageKind Kind => StageKind.PrepareFinalize;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public bool IsMonolithic => false;

    /// <summary>The all-to-all kind that asks for this scheme.</summary>
    protected abstract AllToAllKind AllToAll { get; }

    public IPrepareAndFinalize Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new DispatchPrepareAndFinalize(this, new DispatchContext(context, quantizers, strategies), CreateLane);
    }

    public IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is modular; call Create.");

    public Support SupportsDevice(DeviceTraits device) => device.Id.Kind == DeviceKind.Cpu
        ? Support.Yes
        : Support.No(
            RefusalCodes.DeviceKind, "device", "cpu", $"{device.Id}", "choose a prepare/finalize of that device");

    public Support SupportsActivation(ActivationSpec activation) => Support.Yes;

    public Support SupportsNonGated() => Support.Yes;

    public Support SupportsBias() => Support.Yes;

    public virtual Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        quant.Activation is null || InputQuantization.Find(quantizers, quant.Activation) is not null
            ? Support.Yes
            : Support.No(
                RefusalCodes.QuantScheme,
                "activation quantization",
                "one that a quantizer of the cpu takes",
                quant.Activation.Name,
                "choose another key or leave activations unquantized");

    public virtual Support SupportsParallel(ParallelSpec parallel) =>
        RequireKind(parallel, parallel.AllToAll == AllToAll);

    public Support SupportsExpertMap() => Support.Yes;

    public Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public Support SupportsShape(MoeShape shape) => Support.Yes;

    public Support SupportsFormat(ActivationFormat format) => format == ActivationFormat
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat,
            "activation format",
            $"{ActivationFormat}",
            $"{format}",
            format == ActivationFormat.Batched ? "choose 'batched'" : "choose 'all-gather' or 'all-to-all'");

    public Support SupportsRouterWeightOnInput() => Support.Yes;

    public Support SupportsBatchInvariance() => Support.Yes;

    public Support SupportsDeterminism() => Support.Yes;

    public Support SupportsGraphCapture() => Support.No(
        RefusalCodes.GraphCapture,
        "graph capture",
        "off where the host exchanges token counts in every call",
        "on",
        "choose a scheme with fixed sizes or turn FusedMoe:Deployment:GraphCapture off");

    public Support SupportsLora(LoraSpec lora) => Support.No(
        RefusalCodes.Lora, "LoRA", "absent where tokens travel without their adapters", "present", "choose 'local'");

    /// <summary>A micro-batch of this scheme.</summary>
    protected abstract DispatchLane CreateLane(DispatchContext context);

    /// <summary>
    /// The refusal of another all-to-all kind, and of experts split over tensor ranks that combining would not add up.
    /// </summary>
    protected Support RequireKind(ParallelSpec parallel, bool fits) => !fits
        ? Support.No(
            RefusalCodes.Parallel,
            "all-to-all kind",
            $"{AllToAll}",
            $"{parallel.AllToAll}",
            parallel.AllToAll == AllToAllKind.None ? "choose 'local'" : "choose the prepare/finalize of that kind")
        : parallel.UsesAllToAll && parallel.TpSize > 1
            ? Support.No(
                RefusalCodes.Parallel,
                "tensor-parallel size of experts",
                "1 where tokens travel",
                $"{parallel.TpSize}",
                "flatten tensor ranks into expert ranks")
            : Support.Yes;
}
