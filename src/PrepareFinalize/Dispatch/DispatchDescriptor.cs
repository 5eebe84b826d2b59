namespace FusedMoe.PrepareFinalize;

/// <summary>The capability answers that the schemes over a communicator share.</summary>
internal abstract class DispatchDescriptor(
    IEnumerable<IActivationQuantizer> quantizers, IEnumerable<ITopKWeightAndReduceProvider> strategies)
    : CpuStageDescriptor, IPrepareAndFinalizeDescriptor
{
    public abstract ActivationFormat ActivationFormat { get; }

    public override StageKind Kind => StageKind.PrepareFinalize;

    public bool IsMonolithic => false;

    /// <summary>None: no scheme of a GPU sends tokens yet.</summary>
    protected override string? GpuName => null;

    /// <summary>The all-to-all kind that asks for this scheme.</summary>
    protected abstract AllToAllKind AllToAll { get; }

    public IPrepareAndFinalize Create(StageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new DispatchPrepareAndFinalize(this, new DispatchContext(context, quantizers, strategies), CreateLane);
    }

    public IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is modular; call Create.");

    public override Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        quant.Activation is null || InputQuantization.Find(quantizers, quant.Activation) is not null
            ? Support.Yes
            : Support.No(
                RefusalCodes.QuantScheme,
                "activation quantization",
                "one that a quantizer of the cpu takes",
                quant.Activation.Name,
                "choose another key or leave activations unquantized");

    public override Support SupportsParallel(ParallelSpec parallel) =>
        RequireKind(parallel, parallel.AllToAll == AllToAll);

    public override Support SupportsExpertMap() => Support.Yes;

    public override Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public override Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public override Support SupportsShape(MoeShape shape) => Support.Yes;

    public override Support SupportsFormat(ActivationFormat format) => format == ActivationFormat
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat,
            "activation format",
            ActivationFormat.Name(),
            format.Name(),
            format == ActivationFormat.Batched ? "choose 'batched'" : "choose 'all-gather' or 'all-to-all'");

    public override Support SupportsRouterWeightOnInput() => Support.Yes;

    public override Support SupportsBatchInvariance() => Support.Yes;

    public override Support SupportsDeterminism() => Support.Yes;

    public override Support SupportsLora(LoraSpec lora) => Support.No(
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
