namespace FusedMoe.Conformance.Tests;

/// <summary>A slow, plain silu backend with at most one fault.</summary>
internal sealed class FakeExpertsDescriptor(Fault fault) : FakeCapabilities(fault), IFusedExpertsDescriptor, ITunableExperts
{
    public string Name => "fake-experts";

    public string Summary => "Plain loops for tests.";

    public StageKind Kind => StageKind.Experts;

    public bool IsMonolithic => false;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public bool ExpectsUnquantizedInputs => false;

    public bool CanDeferFinalize => false;

    public WeightLayout WeightLayout => WeightLayout.Checkpoint;

    public IFusedExperts Create(StageContext context) => new FakeExperts(this, context, Fault);

    public IReadOnlyList<string> Configurations(MoeLayerSpec layer, int tokens) =>
        layer.Shape.Hidden < 128 ? ["slow", "slower"] : [];

    public IMonolithicFusedExperts CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException("The backend is modular.");
}
