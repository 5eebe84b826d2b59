namespace FusedMoe.Runtime;

/// <summary>
/// Stands where a plugin's stage could not be constructed, so that whoever enumerates stages goes on. It refuses everything,
/// and the catalog does not list it.
/// </summary>
internal sealed class FailedStage(string failure) : IRouterDescriptor, IPrepareAndFinalizeDescriptor, IFusedExpertsDescriptor
{
    /// <summary>The code of its refusals.</summary>
    public static readonly RefusalCode NotConstructed = new("not-constructed");

    public string Name => "not-constructed";

    public string Summary => failure;

    public StageKind Kind => StageKind.Experts;

    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public bool IsMonolithic => false;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public bool ExpectsUnquantizedInputs => false;

    public bool CanDeferFinalize => false;

    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    IRouter IRouterDescriptor.Create(StageContext context) => throw Failed();

    IPrepareAndFinalize IPrepareAndFinalizeDescriptor.Create(StageContext context) => throw Failed();

    IMonolithicPrepareAndFinalize IPrepareAndFinalizeDescriptor.CreateMonolithic(StageContext context) => throw Failed();

    IFusedExperts IFusedExpertsDescriptor.Create(StageContext context) => throw Failed();

    IMonolithicFusedExperts IFusedExpertsDescriptor.CreateMonolithic(StageContext context) => throw Failed();

    public Support SupportsDevice(DeviceTraits device) => Refuse();

    public Support SupportsActivation(ActivationSpec activation) => Refuse();

    public Support SupportsNonGated() => Refuse();

    public Support SupportsBias() => Refuse();

    public Support SupportsQuant(QuantSpec quant, DType activationDType, DType weightDType) => Refuse();

    public Support SupportsParallel(ParallelSpec parallel) => Refuse();

    public Support SupportsExpertMap() => Refuse();

    public Support SupportsRouting(RoutingSpec routing) => Refuse();

    public Support SupportsRouterLogits(DType dtype) => Refuse();

    public Support SupportsShape(MoeShape shape) => Refuse();

    public Support SupportsFormat(ActivationFormat format) => Refuse();

    public Support SupportsRouterWeightOnInput() => Refuse();

    public Support SupportsBatchInvariance() => Refuse();

    public Support SupportsDeterminism() => Refuse();

    public Support SupportsGraphCapture() => Refuse();

    public Support SupportsLora(LoraSpec lora) => Refuse();

    private Support Refuse() => Support.No(NotConstructed, "stage", "constructed", failure);

    private InvalidOperationException Failed() => new(failure);
}
