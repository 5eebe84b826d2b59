namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Offers <see cref="FakeExperts"/> or <see cref="FakeMonolithicExperts"/>.</summary>
internal class FakeExpertsDescriptor(string name, CallLog? log = null)
    : FakeStage(name, StageKind.Experts), IFusedExpertsDescriptor, IDeviceBoundQuant
{
    public bool IsMonolithic { get; init; }

    public ActivationFormat ActivationFormat { get; init; }

    public bool ExpectsUnquantizedInputs { get; init; }

    public bool CanDeferFinalize { get; init; }

    public WeightLayout WeightLayout { get; init; } = WeightLayout.Checkpoint;

    public WeightAndReduceSpec WeightAndReduce { get; init; } = WeightAndReduceSpec.NoOp;

    public List<StageContext> Contexts { get; } = [];

    public int Prepared { get; set; }

    /// <summary>Device of the last <see cref="SupportsQuantOn"/>.</summary>
    public DeviceTraits? AskedDevice { get; private set; }

    public Support SupportsQuantOn(
        DeviceTraits device, MoeShape shape, QuantSpec quant, DType activationDType, DType weightDType)
    {
        AskedDevice = device;
        return Answer(nameof(SupportsQuantOn));
    }

    public IFusedExperts Create(StageContext context)
    {
        Contexts.Add(context);
        return new FakeExperts(this, context.Layer, log ?? new CallLog());
    }

    public IMonolithicFusedExperts CreateMonolithic(StageContext context)
    {
        Contexts.Add(context);
        return new FakeMonolithicExperts(this, context.Layer, log ?? new CallLog());
    }
}
