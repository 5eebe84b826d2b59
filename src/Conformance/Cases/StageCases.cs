namespace FusedMoe.Conformance;

/// <summary>Modular pairs driven stage by stage: declared workspaces, async forms.</summary>
internal static class StageCases
{
    private static readonly int[] TokenCounts = [1, 2, 3, 7, 8, 16, 17, 33, 64, 127, 128, 129, 1000, 4096];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        if (subject.IsMonolithic)
        {
            return;
        }

        foreach (var (name, tokens) in new[] { ("base", subject.Base.Tokens), ("one-token", 1), ("many-tokens", 96) })
        {
            var run = new LayerRun(subject, subject.Base with { Tokens = tokens });
            list.Add(
                CaseGroups.Workspace,
                $"declared-shapes-suffice-{name}",
                "Workspaces of exactly the declared shapes suffice, nothing is written beyond them, and the result is right.",
                scope => Close(scope, run, RankGroup.Run(scope, run, Direct(run, isAsync: false))));
        }

        AddQuantized(list, subject);
        list.Add(
            CaseGroups.Workspace,
            "shapes-never-shrink",
            "Workspace shapes never shrink as tokens grow, and the output's shape is exact.",
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
            WorkspaceShapes last = default;
            foreach (var tokens in TokenCounts)
            {
                var shapes = chain.Experts.WorkspaceShapes(chain.Problem(tokens));
                RequireGrowing("workspace13", last.Workspace13, shapes.Workspace13, tokens);
                RequireGrowing("workspace2", last.Workspace2, shapes.Workspace2, tokens);
                RequireOutput(chain, run.Problem.Layer.Shape, shapes.Output, tokens);
                last = shapes;
            }

            return 0;
        });
        return "1 to 4096 tokens";
    }

    private static void RequireGrowing(string name, TensorShape last, TensorShape now, int tokens)
    {
        if (now.Elements < last.Elements)
        {
            throw new CaseFailedException(
                $"{name} for {tokens} tokens must be at least {last} as for fewer tokens, got {now}.");
        }
    }

    private static void RequireOutput(DirectChain chain, MoeShape shape, TensorShape output, int tokens)
    {
        var problem = chain.Problem(tokens);
        var expected = (chain.Experts.Descriptor.ActivationFormat, chain.Experts.WeightAndReduce.Kind) switch
        {
            (ActivationFormat.Batched, _) =>
                new TensorShape(
                    problem.LocalExperts, (long)problem.MaxTokensPerRank * problem.Dispatchers, shape.Hidden),
            (_, WeightAndReduceKind.NoOp) => new TensorShape(tokens, shape.Hidden),
            _ => new TensorShape(tokens, shape.TopK, shape.Hidden),
        };
        if (output != expected)
        {
            throw new CaseFailedException($"Output shape for {problem} must be {expected}, got {output}.");
        }
    }
}
