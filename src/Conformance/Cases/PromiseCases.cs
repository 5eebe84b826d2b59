namespace FusedMoe.Conformance;

/// <summary>Promises about memory and bits rather than values.</summary>
internal static class PromiseCases
{
    private const int Repeats = 5;

    private static readonly int[] Hints = [1, 64, 100_000];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        var run = new LayerRun(subject, subject.Base);
        list.Add(
            CaseGroups.Integrity,
            "inputs-unmodified",
            "Inputs and the layer's tensors keep their bytes; nothing is written outside the output.",
            scope => Unmodified(scope, run));
        list.Add(
            CaseGroups.Integrity,
            "every-element-written",
            "An output that held NaN everywhere is finite everywhere, also where no expert contributes.",
            scope => Written(scope, run));
        list.Add(CaseGroups.Repeatability, "same-kernel", "Calls repeat bit for bit.", scope => Repeat(scope, run));
        list.Add(
            CaseGroups.Repeatability,
            "new-kernel",
            "A newly built kernel gives the same bits.",
            scope => Rebuild(scope, run));
        list.Add(
            CaseGroups.BatchInvariance,
            "rows-alone-and-moved",
            "Where claimed, a row's bits are the same alone, in smaller batches and at other positions.",
            scope => BatchInvariant(
                scope, run with { BatchInvariant = true, Problem = run.Problem with { Tokens = 33 } }));
        AllocationCases.AddTo(list, run);
        list.Add(
            CaseGroups.ValidTokens,
            "rows-beyond-the-count",
            "Rows beyond the device-side count are not read: NaN and wild ids there change nothing.",
            scope => ValidTokens(scope, run with { UsesValidTokens = true }));
        list.Add(
            CaseGroups.ValidTokens,
            "hint-picks-configurations-only",
            "Hints of 1, 64 and 100000 rows leave the result right.",
            scope => string.Join("; ", Hints.Select(h => LayerCheck.Matches(scope, run with { TokensHint = h }))));
    }

    private static string Unmodified(CaseScope scope, LayerRun run)
    {
        RankGroup.Run(scope, run, kernel =>
        {
            kernel.Run();
            kernel.Run();
            kernel.RequireUnmodified();
            return 0;
        });
        return "inputs, weights and guard bytes unchanged after two calls";
    }

    private static string Written(CaseScope scope, LayerRun run)
    {
        var problem = run.Problem with { Ids = run.Subject.IsMonolithic ? IdPattern.Routed : IdPattern.Invalid };
        return LayerCheck.Matches(scope, run with { Problem = problem });
    }

    private static string Repeat(CaseScope scope, LayerRun run)
    {
        RankGroup.Run(scope, run, kernel =>
        {
            var first = kernel.Run();
            for (var i = 1; i < Repeats; i++)
            {
                Same($"{run}, call {i + 1}", run, kernel.Run(), first);
            }

            return 0;
        });
        return $"{Repeats} calls, equal bits";
    }

    private static string Rebuild(CaseScope scope, LayerRun run)
    {
        var first = RankGroup.Run(scope, run, kernel => kernel.Run());
        var second = RankGroup.Run(scope, run, kernel => kernel.Run());
        for (var rank = 0; rank < first.Length; rank++)
        {
            Same($"{run}, rank {rank} built twice", run, second[rank], first[rank]);
        }

        return "two kernels, equal bits";
    }

    private static string BatchInvariant(CaseScope scope, LayerRun run)
    {
        var plan = run.Plan(scope.Context);
        if (!plan.IsRunnable)
        {
            var refusal = plan.Candidates.SelectMany(c => c.Refusals).FirstOrDefault(
                r => r.Code == RefusalCodes.BatchInvariance);
            throw new CaseNotApplicableException(
                refusal?.ToString() ?? "The composer refuses batch invariance.", refusal);
        }

        if (run.Topology.Ranks > 1)
        {
            throw new CaseNotApplicableException("The pair has no single-rank form whose rows could be moved.");
        }

        RankGroup.Run(scope, run, kernel =>
        {
            CheckRows(run, kernel);
            return 0;
        });
        return "rows alone, in batches of 2, 7 and 16, and in reverse order: equal bits";
    }

    private static void CheckRows(LayerRun run, RankKernel kernel)
    {
        var rowBytes = (int)run.Problem.Layer.ActivationDType.BytesFor(run.Problem.Layer.Shape.Hidden);
        var whole = kernel.Run();
        foreach (var (start, count) in new[] { (0, 1), (13, 1), (32, 1), (5, 2), (20, 7), (11, 16) })
        {
            var part = kernel.Run(kernel.Upload(kernel.Source.Rows(start, count)));
            var expected = whole.AsSpan(start * rowBytes, count * rowBytes).ToArray();
            Same($"{run}, rows {start} to {start + count - 1} alone", run, part, expected);
        }

        var order = Enumerable.Range(0, kernel.Source.Tokens).Reverse().ToArray();
        var reversed = kernel.Run(kernel.Upload(kernel.Source.Reorder(order)));
        var expectedReversed = order.SelectMany(m => whole.AsSpan(m * rowBytes, rowBytes).ToArray()).ToArray();
        Same($"{run}, rows in reverse order", run, reversed, expectedReversed);
    }

    private static string ValidTokens(CaseScope scope, LayerRun run)
    {
        if (run.Topology.Ranks > 1)
        {
            throw new CaseNotApplicableException("The pair has no single-rank form.");
        }

        const int Valid = 11;
        var (layer, problem) = (run.Problem.Layer, run.Problem);
        var live = scope.Context.Problems.Inputs(problem).Rows(0, Valid);
        var wild = scope.Context.Problems.Inputs(problem).WithWildRowsFrom(Valid);
        var outputs = RankGroup.Run(scope, run with { Inputs = wild }, kernel =>
        {
            kernel.Inputs.ValidTokens.Write(HostTensor.FromInts(new TensorShape(1), [Valid]).Bytes);
            return kernel.Run();
        });
        var rowBytes = (int)layer.ActivationDType.BytesFor(layer.Shape.Hidden);
        var expected = ReferenceLayer.Run(layer, LayerCheck.Weights(scope, run), live);
        return LayerCheck.Close(run, [outputs[0].AsSpan(0, Valid * rowBytes).ToArray()], expected);
    }

    private static void Same(string what, LayerRun run, byte[] actual, byte[] expected) => OutputCheck.RequireSameBits(
        what, actual, expected, run.Problem.Layer.ActivationDType, run.Problem.Layer.Shape.Hidden);
}
