namespace FusedMoe.SamplePlugin;

/// <summary>What the sample can do: plain SwiGLU layers on the CPU, one row after the other.</summary>
internal sealed class SampleExpertsDescriptor : IFusedExpertsDescriptor
{
    public string Name => SampleNames.Experts;

    public string Summary => "Sample of a plugin's experts: float32 loops over unquantized weights, one thread.";

    public StageKind Kind => StageKind.Experts;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public bool IsMonolithic => false;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public bool ExpectsUnquantizedInputs => false;

    public bool CanDeferFinalize => false;

    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    public IFusedExperts Create(StageContext context) => new SampleExperts(this, context);

    public IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException($"'{Name}' is modular; call Create.");

    public Support SupportsDevice(DeviceTraits device) => device.Id.Kind == DeviceKind.Cpu
        ? Support.Yes
        : Support.No(RefusalCodes.DeviceKind, "device kind", "cpu", device.Id.ToString(), "choose 'triton'");

    public Support SupportsActivation(ActivationSpec activation) => activation is { Kind: ActivationKind.Silu, Limit: null }
        ? Support.Yes
        : Support.No(RefusalCodes.Activation, "activation", "silu without a limit", activation.ToString(), "choose 'cpu'");

    public Support SupportsNonGated() =>
        Support.No(RefusalCodes.NonGated, "first product", "gated", "not gated", "choose 'cpu'");

    public Support SupportsBias() => Support.No(RefusalCodes.Bias, "expert biases", "absent", "present", "choose 'cpu'");

    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => quant == QuantSpec.None
        ? Support.Yes
        : Support.No(RefusalCodes.QuantScheme, "quantization", "none x none", quant.ToString(), "choose 'cpu'");

    public Support SupportsParallel(ParallelSpec parallel) => Support.Yes;

    public Support SupportsExpertMap() => Support.Yes;

    public Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public Support SupportsShape(MoeShape shape) => Support.Yes;

    public Support SupportsFormat(ActivationFormat format) => format == ActivationFormat.Standard
        ? Support.Yes
        : Support.No(
            RefusalCodes.ActivationFormat, "activation format", "standard", "batched", "choose the 'local' prepare stage");

    public Support SupportsRouterWeightOnInput() => Support.Yes;

    public Support SupportsBatchInvariance() => Support.Yes;

    public Support SupportsDeterminism() => Support.Yes;

    public Support SupportsGraphCapture() =>
        Support.No(RefusalCodes.GraphCapture, "graph capture", "off", "on", "turn off FusedMoe:Deployment:GraphCapture");

    public Support SupportsLora(LoraSpec lora) =>
        Support.No(RefusalCodes.Lora, "LoRA adapters", "absent", $"up to {lora.MaxAdapters}");
}
