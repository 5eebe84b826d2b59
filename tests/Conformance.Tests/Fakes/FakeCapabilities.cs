namespace FusedMoe.Conformance.Tests;

/// <summary>Answers of a stage that works on the CPU, one rank or split experts, without quantization.</summary>
internal abstract class FakeCapabilities(Fault fault)
{
    protected Fault Fault { get; } = fault;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public Support SupportsDevice(DeviceTraits device) => device.Id.Kind == DeviceKind.Cpu
        ? Support.Yes
        : Support.No(RefusalCodes.DeviceKind, "device", "a CPU", device.Name);

    public Support SupportsActivation(ActivationSpec activation) =>
        activation.Kind == ActivationKind.Silu ? Support.Yes
        : Fault == Fault.RefusesWithoutReason ? Support.No(
            RefusalCodes.Activation, "activation", string.Empty, activation.Name)
        : Support.No(RefusalCodes.Activation, "activation", "silu", activation.Name);

    public Support SupportsNonGated() => Support.No(RefusalCodes.NonGated, "layer", "gated", "non-gated");

    public Support SupportsBias() => Support.Yes;

    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) =>
        quant != QuantSpec.None ? Support.No(RefusalCodes.QuantScheme, "quantization", "none x none", quant.ToString())
        : activationDType == weightDType ? Support.Yes
        : Support.No(RefusalCodes.DataType, "weight type", activationDType.Name(), weightDType.Name());

    public Support SupportsParallel(ParallelSpec parallel) =>
        Fault == Fault.ThrowsInAQuery && parallel.TpSize > 1 ? throw new InvalidOperationException("no idea")
        : parallel is { TpSize: 1, UsesAllToAll: false } ? Support.Yes
        : Support.No(RefusalCodes.Parallel, "parallel configuration", "1 rank or split experts", parallel.ToString());

    public Support SupportsExpertMap() => Support.Yes;

    public Support SupportsRouting(RoutingSpec routing) => Support.Yes;

    public Support SupportsRouterLogits(DType dtype) => Support.Yes;

    public Support SupportsShape(MoeShape shape) => shape is { Hidden: <= 256, Intermediate: <= 256 }
        ? Support.Yes
        : Support.No(RefusalCodes.HiddenAlignment, "sizes", "at most 256", $"{shape.Hidden} and {shape.Intermediate}");

    public Support SupportsFormat(ActivationFormat format) => format == ActivationFormat.Standard
        ? Support.Yes
        : Support.No(RefusalCodes.ActivationFormat, "token layout", "standard", "batched");

    public Support SupportsRouterWeightOnInput() => Support.Yes;

    public Support SupportsBatchInvariance() => Support.Yes;

    public Support SupportsDeterminism() => Support.Yes;

    public Support SupportsGraphCapture() => Support.No(RefusalCodes.GraphCapture, "graph capture", "off", "on");

    public Support SupportsLora(LoraSpec lora) => Support.No(RefusalCodes.Lora, "LoRA", "off", "on");
}
