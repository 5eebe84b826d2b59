namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Offers <see cref="FakeScheme"/> or <see cref="FakeMonolithicScheme"/>.</summary>
internal sealed class FakeSchemeDescriptor(string name = "local", CallLog? log = null)
    : FakeStage(name, StageKind.PrepareFinalize), IPrepareAndFinalizeDescriptor
{
    public bool IsMonolithic { get; init; }

    public ActivationFormat ActivationFormat { get; init; }

    public bool IsAsync { get; init; }

    public bool CanDefer { get; init; }

    public bool OutputIsReduced { get; init; }

    /// <summary>Pretends that no token arrives.</summary>
    public bool DropsEverything { get; init; }

    /// <summary>Hands its own copies of ids and weights on, reversed in k, to see that finalize gets them.</summary>
    public bool Dispatches { get; init; }

    public int? MaxTokensPerRank { get; init; }

    public FakeScheme? Created { get; private set; }

    public IPrepareAndFinalize Create(StageContext context) => Created = new FakeScheme(this, log ?? new CallLog());

    public IMonolithicPrepareAndFinalize CreateMonolithic(StageContext context) =>
        new FakeMonolithicScheme(this, log ?? new CallLog());
}
