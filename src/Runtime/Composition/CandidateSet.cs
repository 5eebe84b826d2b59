namespace FusedMoe.Runtime;

/// <summary>All candidates of one composition, each kind in the order it is tried.</summary>
internal sealed class CandidateSet
{
    private CandidateSet(
        IReadOnlyList<Candidate> routers, IReadOnlyList<Candidate> schemes, IReadOnlyList<Candidate> experts) =>
        (Routers, Schemes, Experts) = (routers, schemes, experts);

    /// <summary>Routers.</summary>
    public IReadOnlyList<Candidate> Routers { get; }

    /// <summary>Prepare/finalize schemes.</summary>
    public IReadOnlyList<Candidate> Schemes { get; }

    /// <summary>Experts.</summary>
    public IReadOnlyList<Candidate> Experts { get; }

    /// <summary>Every candidate: routers, schemes, experts.</summary>
    public IEnumerable<Candidate> All => Routers.Concat(Schemes).Concat(Experts);

    /// <summary>Candidates of one kind.</summary>
    public IReadOnlyList<Candidate> Of(StageKind kind) => kind switch
    {
        StageKind.Router => Routers,
        StageKind.PrepareFinalize => Schemes,
        _ => Experts,
    };

    /// <summary>Asks every query of every stage in <paramref name="catalog"/>.</summary>
    public static CandidateSet Ask(IMoePluginCatalog catalog, RankProblem problem, PriorityOptions priority)
    {
        var stages = catalog.Stages
            .Select(s => new Candidate(s, catalog.PluginOf(s), StageQueries.Ask(s, problem)))
            .ToArray();
        return new CandidateSet(
            Ordered(stages, StageKind.Router, priority.Router),
            Ordered(stages, StageKind.PrepareFinalize, priority.PrepareAndFinalize),
            Ordered(stages, StageKind.Experts, priority.Experts));
    }

    private static Candidate[] Ordered(IEnumerable<Candidate> stages, StageKind kind, IEnumerable<string> names)
    {
        var order = names.ToList();
        int Rank(string name)
        {
            var index = order.FindIndex(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
            return index < 0 ? int.MaxValue : index;
        }

        return
        [
            .. stages.Where(c => c.Stage.Kind == kind)
                .OrderBy(c => Rank(c.Stage.Name))
                .ThenBy(c => c.Stage.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }
}
