namespace FusedMoe.Conformance.Tests;

/// <summary>A slow, plain silu backend with at most one fault.</summary>
internal sealed class FakeExpertsDescriptor(Fault fault)
    : FakeCapabilities(fault), IFusedExpertsDescriptor, IDeviceBoundQuant, ITunableExperts
{
    public string Name => "fake-experts";

    public string Summary => "Plain loops for tests.";

    public StageKind Kind => StageKind.Experts;

    public bool IsMonolithic => false;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public bool ExpectsUnquantizedInputs => false;

    public bool CanDeferFinalize => false;

    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    /// <summary>Refuses float32, which no other answer does.</summary>
    public Support SupportsQuantOn(
        DeviceTraits device, MoeShape shape, QuantSpec quant, DType activationDType, DType weightDType) =>
        Fault == Fault.ThrowsForADevice && device.ComputeCapability > 0 ? throw new InvalidOperationException("no idea")
        : activationDType != DType.Float32 ? Support.Yes
        : Support.No(RefusalCodes.NoImage, "kernel image 'float32'", $"built for {device.Name}", "none");

    public IFusedExperts Create(StageContext context) => new FakeExperts(this, context, Fault);

    public IReadOnlyList<string> Configurations(DeviceTraits device, MoeLayerSpec layer, int tokens) =>
        layer.Shape.Hidden < 128 ? ["slow", "slower"] : [];

    public IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException("The backend is modular.");
}
