namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>
/// A stage that says yes to everything but the queries in <see cref="Refuses"/>, and counts what it was asked.
/// </summary>
internal abstract class FakeStage(string name, StageKind kind) : IStageDescriptor
{
    public string Name { get; } = name;

    public string Summary => $"fake {Name}";

    public StageKind Kind { get; } = kind;

    public DeviceKind DeviceKind { get; init; } = DeviceKind.Cpu;

    /// <summary>Query name to answer.</summary>
    public Dictionary<string, Support> Refuses { get; } = [];

    /// <summary>Query that throws instead of answering.</summary>
    public string? ThrowsOn { get; init; }

    public List<string> Asked { get; } = [];

    /// <summary>Shape of the last <see cref="SupportsShape"/>.</summary>
    public MoeShape? AskedShape { get; private set; }

    public Support SupportsDevice(DeviceTraits device) => Answer(nameof(SupportsDevice));

    public Support SupportsActivation(ActivationSpec activation) => Answer(nameof(SupportsActivation));

    public Support SupportsNonGated() => Answer(nameof(SupportsNonGated));

    public Support SupportsBias() => Answer(nameof(SupportsBias));

    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => Answer(nameof(SupportsQuant));

    public Support SupportsParallel(ParallelSpec parallel) => Answer(nameof(SupportsParallel));

    public Support SupportsExpertMap() => Answer(nameof(SupportsExpertMap));

    public Support SupportsRouting(RoutingSpec routing) => Answer(nameof(SupportsRouting));

    public Support SupportsRouterLogits(DType dtype) => Answer(nameof(SupportsRouterLogits));

    public Support SupportsShape(MoeShape shape)
    {
        AskedShape = shape;
        return Answer(nameof(SupportsShape));
    }

    public Support SupportsFormat(ActivationFormat format) => Answer(nameof(SupportsFormat));

    public Support SupportsRouterWeightOnInput() => Answer(nameof(SupportsRouterWeightOnInput));

    public Support SupportsBatchInvariance() => Answer(nameof(SupportsBatchInvariance));

    public Support SupportsDeterminism() => Answer(nameof(SupportsDeterminism));

    public Support SupportsGraphCapture() => Answer(nameof(SupportsGraphCapture));

    public Support SupportsLora(LoraSpec lora) => Answer(nameof(SupportsLora));

    protected Support Answer(string query)
    {
        Asked.Add(query);
        if (query == ThrowsOn)
        {
            throw new InvalidOperationException("broken");
        }

        return Refuses.GetValueOrDefault(query);
    }
}
