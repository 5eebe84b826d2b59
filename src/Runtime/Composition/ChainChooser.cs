namespace FusedMoe.Runtime;

/// <summary>Chooses among candidates that were asked: by explicit name, then measured table, then order.</summary>
internal sealed class ChainChooser(CandidateSet candidates, RankProblem problem, MeasuredTables tables)
{
    private sealed record Pair(IPrepareAndFinalizeDescriptor Scheme, IFusedExpertsDescriptor Experts);

    /// <summary>The best chain within <paramref name="names"/>; null when none can run.</summary>
    public ChainChoice? Choose(StageNames names)
    {
        var router = names.HasNoRouter ? null : Allowed(StageKind.Router, names).FirstOrDefault()?.Stage as IRouterDescriptor;
        var canRoute = router is not null || names.HasNoRouter;
        var pairs = Pairs(names, canRoute).ToArray();
        if (pairs.Length == 0)
        {
            return null;
        }

        var measured = Measured(pairs);
        var pair = measured?.Pair ?? pairs[0];
        var experts = measured?.Experts ?? [new ExpertsChoice(pair.Experts, int.MaxValue)];
        var chain = new MoeChain(RouterFor(router, pair), pair.Scheme, experts);
        if (names.Experts is not null)
        {
            var because = $"experts '{pair.Experts.Name}' are named explicitly";
            var isConfigured = experts.Any(e => e.Configuration is not null);
            return new ChainChoice(
                chain, ChoiceReason.Explicit, isConfigured ? $"{because}; configured as {ByTable(measured!.Value)}" : because);
        }

        return measured is { } table
            ? new ChainChoice(chain, ChoiceReason.Measured, ByTable(table))
            : new ChainChoice(chain, ChoiceReason.Priority, ByPriority(pairs, names));
    }

    private static string ByTable((Pair Pair, IReadOnlyList<ExpertsChoice> Experts, string Source) measured) =>
        $"measured in {measured.Source}: {string.Join(", ", measured.Experts.Select(Describe))}";

    private static IRouterDescriptor? RouterFor(IRouterDescriptor? router, Pair pair) =>
        pair.Experts.IsMonolithic ? null : router;

    private static string Describe(ExpertsChoice choice)
    {
        var name = choice.Configuration is { } tile ? $"'{choice.Experts.Name}' ({tile})" : $"'{choice.Experts.Name}'";
        return choice.MaxTokens == int.MaxValue ? $"{name} beyond" : $"{name} up to {choice.MaxTokens} tokens";
    }

    private string ByPriority(Pair[] pairs, StageNames names)
    {
        var able = pairs.Select(p => p.Experts.Name).Distinct().Count();
        var list = string.Join(", ", candidates.Experts.Select(c => c.Stage.Name));
        var scheme = names.PrepareAndFinalize is { } name ? $" with the named prepare/finalize '{name}'" : string.Empty;
        return able == 1
            ? $"the only one of {list} that can run{scheme}"
            : $"first of {able} that can run{scheme} in the priority list {list}";
    }

    private IEnumerable<Candidate> Allowed(StageKind kind, StageNames names)
    {
        var name = names.Of(kind);
        return candidates.Of(kind)
            .Where(c => c.IsAccepted && (name is null || c.Stage.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
    }

    private IEnumerable<Pair> Pairs(StageNames names, bool canRoute)
    {
        var schemes = Allowed(StageKind.PrepareFinalize, names).Select(c => (IPrepareAndFinalizeDescriptor)c.Stage).ToArray();
        return
            from candidate in Allowed(StageKind.Experts, names)
            let experts = (IFusedExpertsDescriptor)candidate.Stage
            where experts.IsMonolithic ? names.Router is null : canRoute
            let scheme = schemes.FirstOrDefault(s => Pairing.Refuse(s, experts) is null)
            where scheme is not null
            select new Pair(scheme, experts);
    }

    // One kernel holds one weight layout and one scheme, so the table chooses among backends that share both. The group
    // that was measured at the most token counts wins, then the fastest.
    private (Pair Pair, IReadOnlyList<ExpertsChoice> Experts, string Source)? Measured(Pair[] pairs)
    {
        if (tables.Find(problem) is not { } table)
        {
            return null;
        }

        var best = pairs
            .GroupBy(p => (p.Scheme, p.Experts.WeightLayout))
            .Select(g => (First: g.First(), Fastest: table.Fastest(g.Select(p => p.Experts.Name))))
            .Where(g => g.Fastest.Count > 0)
            .OrderByDescending(g => g.Fastest.Count)
            .ThenBy(g => g.Fastest.Sum(e => e.Microseconds))
            .Select(g => ((Pair First, IReadOnlyList<TuningEntry> Fastest)?)g)
            .FirstOrDefault();
        if (best is not { } choice)
        {
            return null;
        }

        var byName = pairs.ToDictionary(p => p.Experts.Name, p => p.Experts, StringComparer.OrdinalIgnoreCase);
        return (choice.First, Merge(choice.Fastest, byName, table.Source), table.Source);
    }

    private List<ExpertsChoice> Merge(
        IReadOnlyList<TuningEntry> entries, Dictionary<string, IFusedExpertsDescriptor> byName, string source)
    {
        var choices = new List<ExpertsChoice>();
        foreach (var entry in entries)
        {
            var experts = byName[entry.Experts];
            var configuration = Known(experts, entry, source);
            if (choices.Count > 0 && choices[^1].Experts == experts && choices[^1].Configuration == configuration)
            {
                choices[^1] = choices[^1] with { MaxTokens = entry.MaxTokens };
            }
            else
            {
                choices.Add(new ExpertsChoice(experts, entry.MaxTokens, configuration));
            }
        }

        // What is quickest for the longest call that was measured may be slow for much longer ones: they get what the backend
        // chooses itself.
        var last = choices[^1];
        if (last.Configuration is not null && problem.Deployment.MaxTokens > last.MaxTokens)
        {
            choices.Add(new ExpertsChoice(last.Experts, int.MaxValue));
        }
        else
        {
            choices[^1] = last with { MaxTokens = int.MaxValue };
        }

        return choices;
    }

    // A table outlives kernels: a backend would meet a name that it does not know with its own choice, and the plan would say
    // otherwise. Some configurations are for calls of few tokens, and an entry may stand for longer ones than it was measured
    // at.
    private string? Known(IFusedExpertsDescriptor experts, TuningEntry entry, string source)
    {
        if (entry.Configuration is not { } name || experts is not ITunableExperts tunable)
        {
            return entry.Configuration;
        }

        var device = problem.Deployment.Device;
        var known = tunable.Configurations(device, problem.StageLayer, 1);
        var most = Math.Min(entry.MaxTokens, problem.Deployment.MaxTokens);
        if (known.Contains(name) || tunable.Configurations(device, problem.StageLayer, most).Contains(name))
        {
            return name;
        }

        tables.ReportUnknown(source, experts.Name, name);
        return null;
    }
}
