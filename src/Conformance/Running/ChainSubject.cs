namespace FusedMoe.Conformance;

/// <summary>
/// A prepare/finalize and experts pair that the composer accepts, and the plainest problem it accepts them for.
/// </summary>
internal sealed record ChainSubject(
    string Name, IReadOnlyList<string> Plugins, IReadOnlyList<string> Backends) : CaseSubject(Name, Plugins, Backends)
{
    public required IPrepareAndFinalizeDescriptor Prepare { get; init; }

    public required IFusedExpertsDescriptor Experts { get; init; }

    public required LayerProblem Base { get; init; }

    public required Topology Topology { get; init; }

    public bool IsMonolithic => Experts.IsMonolithic;
}
