namespace FusedMoe.Runtime;

/// <summary>Makes the plan of one layer without its shared experts. Pure: asks stages, chooses, explains.</summary>
internal sealed class PlanComposition
{
    private readonly IMoePluginCatalog _catalog;
    private readonly ComposerOptions _options;
    private readonly IReadOnlyList<string> _folders;
    private readonly RankProblem _problem;
    private readonly CandidateSet _candidates;
    private readonly ChainChooser _chooser;

    /// <summary>Asks every stage of the catalog.</summary>
    public PlanComposition(
        IMoePluginCatalog catalog,
        FusedMoeOptions options,
        MeasuredTables tables,
        RankProblem problem,
        PriorityOptions priority)
    {
        _catalog = catalog;
        _options = options.Composer;
        _folders = [.. options.Plugins.Folders];
        _problem = problem;
        _candidates = CandidateSet.Ask(catalog, problem, priority);
        Pairing.RefuseUnpaired(_candidates.Schemes, _candidates.Experts);
        _chooser = new ChainChooser(_candidates, problem, tables);
    }

    /// <summary>The plan within <paramref name="names"/>.</summary>
    public MoeKernelPlan Compose(StageNames names)
    {
        var refusals = DeviceRefusals.Of(_catalog, _problem.Deployment).ToList();
        var unknown = UnknownNames(names).ToArray();
        refusals.AddRange(unknown.Select(u => u.Refusal));
        var canRun = refusals.Count == unknown.Length;
        var choice = canRun ? Choose(names, unknown.Select(u => u.Sentence).FirstOrDefault()) : null;
        if (choice is null)
        {
            refusals.AddRange(NamedTogether.Refusals(names, _candidates));
        }
        else
        {
            refusals.Clear();
        }

        var because = choice?.Because ?? unknown.Select(u => u.Sentence).FirstOrDefault() ?? WhyNot(names, refusals);
        Annotate(choice, names);
        return new MoeKernelPlan
        {
            Layer = _problem.Layer,
            Deployment = _problem.Deployment,
            Chain = choice?.Chain,
            Reason = choice?.Reason ?? (names.HasAny ? ChoiceReason.Explicit : ChoiceReason.Priority),
            Because = because,
            Candidates = [.. _candidates.All.Select(c => c.Report())],
            Refusals = refusals,
        };
    }

    private ChainChoice? Choose(StageNames names, string? unknown)
    {
        var choice = unknown is null ? _chooser.Choose(names) : null;
        return choice is null && names.HasAny && _options.AllowFallback ? Fallback(names, unknown) : choice;
    }

    private ChainChoice? Fallback(StageNames names, string? unknown)
    {
        if (_chooser.Choose(new StageNames(names.HasNoRouter ? names.Router : null, null, null)) is not { } choice)
        {
            return null;
        }

        var why = unknown ?? $"{Named(names)} cannot run";
        return choice with
        {
            Reason = ChoiceReason.Fallback,
            Because = $"{why.TrimEnd('.')}; falling back is allowed: {choice.Because}",
        };
    }

    private IEnumerable<(Refusal Refusal, string Sentence)> UnknownNames(StageNames names)
    {
        foreach (var kind in Enum.GetValues<StageKind>())
        {
            var known = _candidates.Of(kind).Select(c => c.Stage.Name).ToArray();
            if (names.Of(kind) is not { } name || known.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            var list = known.Length == 0 ? "none" : string.Join(", ", known);
            var searched = _folders.Count == 0 ? "no folder" : string.Join(", ", _folders);
            yield return (
                new Refusal(
                    RefusalCodes.UnknownName,
                    $"{StageWords.Of(kind)} name",
                    $"one of {list}",
                    $"'{name}'",
                    $"searched {searched}"),
                $"No {StageWords.Of(kind)} stage is named '{name}'. Known: {list}. Searched: {searched}.");
        }
    }

    private string WhyNot(StageNames names, List<Refusal> refusals)
    {
        if (refusals.Count > 0)
        {
            return refusals[0].Sentence;
        }

        if (names.HasAny)
        {
            return $"{Named(names)} cannot run, and what is named is never replaced.";
        }

        var kinds = new[] { StageKind.Router, StageKind.PrepareFinalize, StageKind.Experts };
        var empty = kinds.FirstOrDefault(k => !_candidates.Of(k).Any(c => c.IsAccepted), StageKind.Experts);
        var all = _candidates.Of(empty);
        return all.Count == 0
            ? $"No {StageWords.Of(empty)} stage is loaded; add a folder with plugins to FusedMoe:Plugins:Folders."
            : $"None of the {StageWords.Of(empty)} stages {string.Join(", ", all.Select(c => c.Stage.Name))} can run.";
    }

    private static string Named(StageNames names) => string.Join(
        " with ",
        Enum.GetValues<StageKind>().Where(k => names.Of(k) is not null).Select(k => $"{StageWords.Of(k)} '{names.Of(k)}'"));

    private void Annotate(ChainChoice? choice, StageNames names)
    {
        if (choice is null)
        {
            return;
        }

        var chain = choice.Chain;
        foreach (var candidate in _candidates.All)
        {
            var stage = candidate.Stage;
            candidate.IsChosen =
                stage == chain.Router || stage == chain.PrepareAndFinalize || chain.Experts.Any(e => e.Experts == stage);
            candidate.Note = candidate.IsChosen
                ? stage.Kind == StageKind.Experts ? choice.Because : "fits the chosen experts"
                : NotChosen(stage, chain, names);
        }
    }

    private static string NotChosen(IStageDescriptor stage, MoeChain chain, StageNames names)
    {
        if (stage.Kind == StageKind.Router && chain.Router is null)
        {
            return names.HasNoRouter
                ? "callers bring ids and weights"
                : $"experts '{chain.Experts[0].Experts.Name}' route inside";
        }

        return names.Of(stage.Kind) is { } name && !name.Equals(stage.Name, StringComparison.OrdinalIgnoreCase)
            ? $"can run; '{name}' is named explicitly"
            : "can run; comes after the chosen one";
    }
}
