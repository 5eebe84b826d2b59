namespace FusedMoe.Runtime;

/// <summary>Stages that could each run, but are named together and do not fit each other.</summary>
internal static class NamedTogether
{
    /// <summary>Why they do not fit; empty when they do or when a stage's own reasons already say why it cannot run.</summary>
    public static IEnumerable<Refusal> Refusals(StageNames names, CandidateSet candidates)
    {
        var scheme = Find<IPrepareAndFinalizeDescriptor>(names, candidates, StageKind.PrepareFinalize);
        var experts = Find<IFusedExpertsDescriptor>(names, candidates, StageKind.Experts);
        if (scheme is not null && experts is not null && Pairing.Refuse(scheme, experts) is { } refusal)
        {
            yield return refusal;
        }

        var inside = experts is { IsMonolithic: true } ? experts.Name : scheme is { IsMonolithic: true } ? scheme.Name : null;
        if (inside is not null && names.Router is { } router)
        {
            yield return new Refusal(
                RefusalCodes.MixedFamilies,
                $"router for '{inside}'",
                "left to the experts, which route inside",
                $"'{router}'",
                "name no router, or modular stages");
        }
    }

    private static T? Find<T>(StageNames names, CandidateSet candidates, StageKind kind)
        where T : class, IStageDescriptor =>
        names.Of(kind) is { } name
            ? candidates.Of(kind).FirstOrDefault(c => c.Stage.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Stage as T
            : null;
}
