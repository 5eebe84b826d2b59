namespace FusedMoe.Conformance;

/// <summary>Pairs driven stage by stage: declared workspaces, async forms.</summary>
internal static class StageCases
{
    private const string Suffice =
        "Workspaces of exactly the declared shapes suffice, nothing is written beyond them, and the result is right.";

    private const string NeverShrink =
        "Workspace shapes never shrink as tokens grow, and the output's shape is exact.";

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        if (subject.IsMonolithic)
        {
            AddMonolithic(list, subject);
            return;
        }

        foreach (var (name, tokens) in Sizes(subject))
        {
            var run = new LayerRun(subject, subject.Base with { Tokens = tokens });
            list.Add(
                CaseGroups.Workspace,
                $"declared-shapes-suffice-{name}",
                Suffice,
                scope => Close(scope, run, RankGroup.Run(scope, run, Direct(run, isAsync: false))));
        }

        AddQuantized(list, subject);
        list.Add(
            CaseGroups.Workspace,
            "shapes-never-shrink",
            NeverShrink,
            scope => Monotone(scope, new LayerRun(subject, subject.Base) { MaxTokens = 4096 }));
        list.Add(
            CaseGroups.Async,
            "async-equals-sync",
            "Begin and receive give the bits of the plain forms.",
            scope => AsyncEqualsSync(scope, new LayerRun(subject, subject.Base)));
    }

    private static void AddQuantized(CaseList list, ChainSubject subject)
    {
        foreach (var quant in LayerVariants.NaturalQuants.Where(q => q.Activation is not null))
        {
            var problem = subject.Base.With(features: f => f with { Quant = quant });
            if (problem is not null && new LayerRun(subject, problem) is var run && run.IsAccepted(list.Context))
            {
                list.Add(
                    CaseGroups.Workspace,
                    $"declared-shapes-suffice-{LayerVariants.NameOf(quant)}",
                    "Workspaces of exactly the declared shapes suffice for quantized inputs too.",
                    scope => Close(scope, run, RankGroup.Run(scope, run, Direct(run, isAsync: false))));
            }
        }
    }

    private static Func<CaseScope, int, ICommunicator?, byte[]> Direct(LayerRun run, bool isAsync) =>
        (scope, rank, communicator) => new DirectChain(scope, run, rank, communicator).Run(isAsync);

    private static string Close(CaseScope scope, LayerRun run, byte[][] outputs) =>
        LayerCheck.Close(run, outputs, scope.Context.Problems.Expected(run.Problem));

    private static string AsyncEqualsSync(CaseScope scope, LayerRun run)
    {
        RankGroup.Run(scope, run, (rankScope, rank, communicator) =>
        {
            var chain = new DirectChain(rankScope, run, rank, communicator);
            if (!chain.Prepare.SupportsAsync)
            {
                throw new CaseNotApplicableException($"'{run.Subject.Prepare.Name}' has no async forms.");
            }

            var sync = chain.Run(isAsync: false);
            for (var i = 0; i < 2; i++)
            {
                OutputCheck.RequireSameBits(
                    $"{run}, rank {rank}, async",
                    chain.Run(isAsync: true),
                    sync,
                    run.Problem.Layer.ActivationDType,
                    run.Problem.Layer.Shape.Hidden);
            }

            return 0;
        });
        return "equal bits";
    }

    private static string Monotone(CaseScope scope, LayerRun run)
    {
        RankGroup.Run(scope, run, (rankScope, rank, communicator) =>
        {
            var chain = new DirectChain(rankScope, run, rank, communicator);
            WorkspaceCheck.RequireMonotone(chain.Experts, chain.Experts.WeightAndReduce.Kind, chain.Problem);
            return 0;
        });
        return "1 to 4096 tokens";
    }

    private static void AddMonolithic(CaseList list, ChainSubject subject)
    {
        foreach (var (name, tokens) in Sizes(subject))
        {
            var run = new LayerRun(subject, subject.Base with { Tokens = tokens });
            list.Add(CaseGroups.Workspace, $"declared-shapes-suffice-{name}", Suffice, scope =>
                Close(scope, run, [new DirectMonolithicChain(scope, run).Run()]));
        }

        var large = new LayerRun(subject, subject.Base) { MaxTokens = 4096 };
        list.Add(CaseGroups.Workspace, "shapes-never-shrink", NeverShrink, scope =>
        {
            var chain = new DirectMonolithicChain(scope, large);
            WorkspaceCheck.RequireMonotone(chain.Experts, WeightAndReduceKind.NoOp, chain.Problem);
            return "1 to 4096 tokens";
        });
    }

    private static IEnumerable<(string Name, int Tokens)> Sizes(ChainSubject subject) =>
        [("base", subject.Base.Tokens), ("one-token", 1), ("many-tokens", 96)];
}
