namespace FusedMoe.Conformance.Tests;

/// <summary>Hands rows through; weights the input where asked.</summary>
internal sealed class FakePrepareDescriptor(Fault fault) : FakeCapabilities(fault), IPrepareAndFinalizeDescriptor
{
    public string Name => "fake-local";

    public string Summary => "Passes rows through.";

    public StageKind Kind => StageKind.PrepareFinalize;

    public bool IsMonolithic => false;

    public ActivationFormat ActivationFormat => ActivationFormat.Standard;

    public IPrepareAndFinalize Create(StageContext context) => new FakePrepare(this, context);

    public IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        throw new InvalidOperationException("The scheme is modular.");
}
