namespace FusedMoe.Conformance;

/// <summary>
/// Plans of a pair over the whole capability space: never a refused chain, never a refusal without a reason.
/// </summary>
internal static class PlanCases
{
    private static readonly int[] RankCounts = [1, 2, 4];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        Add("activations", LayerVariants.Activations.Select(a => subject.Base.With(activation: a.Spec)));
        Add(
            "quantizations",
            LayerVariants.AllQuants.Select(q => subject.Base.With(features: f => f with { Quant = q })));
        Add("types", from a in LayerVariants.ActivationTypes
                     from w in LayerVariants.ActivationTypes
                     select subject.Base.With(
                         features: f => f with { ActivationDType = a, WeightDType = w, Quant = QuantSpec.None }));
        Add("features", Features(subject));
        list.Add(CaseGroups.Plans, "deployments", Description, scope => Audit(scope, Deployments(subject).ToArray()));

        void Add(string name, IEnumerable<LayerProblem?> problems)
        {
            var runs = problems.OfType<LayerProblem>().Select(p => new LayerRun(subject, p)).ToArray();
            list.Add(CaseGroups.Plans, name, Description, scope => Audit(scope, runs));
        }
    }

    /// <summary>Pairs that no composer may accept, and pairs it does not accept.</summary>
    public static void AddRefusedPairs(CaseList list, IReadOnlyList<ChainSubject> refused) =>
        list.Add(CaseGroups.Plans, "refused-pairs", "Pairs that do not fit are refused with a reason.", scope =>
        {
            foreach (var subject in refused)
            {
                scope.ThrowIfCancelled();
                var run = new LayerRun(subject, subject.Base);
                Audit(run, run.Plan(scope.Context));
            }

            return $"{refused.Count} pairs refused with reasons";
        });

    private const string Description = "A plan names only stages that accept the problem; a refused one says why.";

    private static IEnumerable<LayerProblem?> Features(ChainSubject subject)
    {
        yield return subject.Base.With(features: f => f with { HasExpertBias = true });
        yield return subject.Base.With(
            subject.Base.Layer.Shape with { TopK = 1 }, features: f => f with { RouterWeightOnInput = true });
        foreach (var shape in new MoeShape[]
        {
            new(1, 1, 1, 1), new(3, 2, 33, 17), new(8, 2, 2880, 2880), new(1024, 64, 128, 128),
        })
        {
            yield return subject.Base.With(shape);
        }

        foreach (var (_, routing) in LayerVariants.Routings)
        {
            yield return subject.Base.With(routing: routing);
        }
    }

    private static IEnumerable<LayerRun> Deployments(ChainSubject subject)
    {
        var run = new LayerRun(subject, subject.Base);
        yield return run with { BatchInvariant = true };
        yield return run with { GraphCapture = true };
        yield return run with { DeferFinalize = true };
        foreach (var transport in Enum.GetValues<AllToAllKind>())
        {
            foreach (var ranks in RankCounts)
            {
                yield return run with { Topology = new Topology(ranks, transport) };
            }
        }

        yield return run with { Topology = new Topology(2, SplitsTensors: true) };
    }

    private static string Audit(CaseScope scope, LayerRun[] runs)
    {
        var accepted = 0;
        foreach (var run in runs)
        {
            scope.ThrowIfCancelled();
            var plan = run.Plan(scope.Context);
            Audit(run, plan);
            accepted += plan.IsRunnable ? 1 : 0;
        }

        return $"{runs.Length} problems, {accepted} planned, {runs.Length - accepted} refused with reasons";
    }

    private static void Audit(LayerRun run, MoeKernelPlan plan)
    {
        foreach (var refusal in plan.Candidates.SelectMany(c => c.Refusals).Concat(plan.Refusals))
        {
            RefusalCheck.Require(run.ToString(), refusal);
        }

        if (plan.Chain is { } chain)
        {
            AuditChain(run, plan, chain);
            return;
        }

        var named = plan.Candidates
            .Where(c => (c.Stage == StageKind.PrepareFinalize && c.Name == run.Subject.Prepare.Name)
                || (c.Stage == StageKind.Experts && c.Name == run.Subject.Experts.Name))
            .SelectMany(c => c.Refusals);
        if (!named.Concat(plan.Refusals).Any() && !RoutersRefuse(plan))
        {
            throw new CaseFailedException(
                $"{run}: a plan without a chain must carry a refusal, got none (\"{plan.Because}\").");
        }
    }

    private static bool RoutersRefuse(MoeKernelPlan plan)
    {
        var routers = plan.Candidates.Where(c => c.Stage == StageKind.Router).ToArray();
        return routers.Length > 0 && routers.All(c => !c.IsAccepted);
    }

    private static void AuditChain(LayerRun run, MoeKernelPlan plan, MoeChain chain)
    {
        if (chain.PrepareAndFinalize.Name != run.Subject.Prepare.Name
            || chain.Experts.Any(e => e.Experts.Name != run.Subject.Experts.Name))
        {
            throw new CaseFailedException($"{run}: the named stages must be used or refused, got {chain}.");
        }

        if (plan.Candidates.FirstOrDefault(c => c.IsChosen && !c.IsAccepted) is { } wrong)
        {
            throw new CaseFailedException(
                $"{run}: the chosen '{wrong.Name}' must have no refusals, got {wrong.Refusals[0]}");
        }

        IStageDescriptor[] stages = [chain.PrepareAndFinalize, .. chain.Experts.Select(e => e.Experts)];
        foreach (var stage in stages)
        {
            if (StageAnswers.Refusals(stage, plan).FirstOrDefault() is { } refusal)
            {
                throw new CaseFailedException($"{run}: the plan names '{stage.Name}', which refuses: {refusal}");
            }
        }
    }
}
