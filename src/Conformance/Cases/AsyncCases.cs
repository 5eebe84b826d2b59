namespace FusedMoe.Conformance;

/// <summary>Micro-batches, graphs and unfinalized results of composed kernels.</summary>
internal static class AsyncCases
{
    private const int Rounds = 8;

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        var run = new LayerRun(subject, subject.Base);
        list.Add(
            CaseGroups.Async,
            "interleaved-equals-two-calls",
            "Two interleaved micro-batches give the bits of two calls.",
            scope => Interleaved(scope, run));
        list.Add(
            CaseGroups.Async,
            "interleaved-repeats",
            "Interleaved micro-batches of unequal size repeat bit for bit.",
            scope => InterleavedUneven(scope, run));
        list.Add(
            CaseGroups.Async,
            "back-to-back-calls",
            "Calls of other inputs and lengths, enqueued one after the other, give the bits of calls alone.",
            scope => BackToBack(scope, run));
        list.Add(
            CaseGroups.Graph,
            "capture-once-replay-changed-inputs",
            "A captured call replays with new inputs of the same size.",
            scope => Graph(scope, run with { GraphCapture = true }));
        list.Add(
            CaseGroups.DeferredFinalize,
            "weighted-and-summed-by-the-consumer",
            "An unfinalized result, weighted and summed by its index map, is the layer's output.",
            scope => Deferred(scope, run with { DeferFinalize = true }));
    }

    private static string Interleaved(CaseScope scope, LayerRun run)
    {
        var other = scope.Context.Problems.Inputs(run.Problem with { Seed = run.Problem.Seed + 1 });
        return Interleave(scope, run, other);
    }

    private static string InterleavedUneven(CaseScope scope, LayerRun run) =>
        Interleave(scope, run, scope.Context.Problems.Inputs(run.Problem).Rows(2, Math.Min(5, run.Problem.Tokens - 2)));

    private static string Interleave(CaseScope scope, LayerRun run, LayerInputs second)
    {
        var layer = run.Problem.Layer;
        RankGroup.Run(scope, run, kernel =>
        {
            var inputs = kernel.Upload(RowsOf(second, run, kernel.Rank));
            var (first, other) = (kernel.Run(), kernel.Run(inputs));
            kernel.Inputs.Output.Poison();
            inputs.Output.Poison();
            kernel.Kernel.ApplyInterleaved(kernel.Call, inputs.Call(run), kernel.Stream);
            kernel.Stream.Synchronize();
            var what = $"{run}, interleaved micro-batch";
            OutputCheck.RequireSameBits(
                $"{what} 0", kernel.Inputs.Output.Read(), first, layer.ActivationDType, layer.Shape.Hidden);
            OutputCheck.RequireSameBits(
                $"{what} 1", inputs.Output.Read(), other, layer.ActivationDType, layer.Shape.Hidden);
            kernel.RequireUnmodified();
            return 0;
        });
        return $"micro-batches of {run.Problem.Tokens} and {second.Tokens} rows, equal bits";
    }

    // What a call reads before its predecessor has ended would be the predecessor's.
    private static string BackToBack(CaseScope scope, LayerRun run)
    {
        var (problem, problems) = (run.Problem, scope.Context.Problems);
        var inputs = problems.Inputs(problem);
        LayerInputs[] sources =
        [
            inputs, problems.Inputs(problem with { Seed = problem.Seed + 1 }), inputs.Rows(2, Math.Min(5, problem.Tokens - 2)),
        ];
        RankGroup.Run(scope, run, kernel =>
        {
            var calls = sources.Select(s => kernel.Upload(RowsOf(s, run, kernel.Rank))).ToArray();
            var alone = calls.Select(kernel.Run).ToArray();
            var order = Enumerable.Repeat(calls, Rounds).SelectMany(c => c).ToArray();
            var results = kernel.RunBackToBack(order);
            for (var i = 0; i < results.Length; i++)
            {
                OutputCheck.RequireSameBits(
                    $"{run}, call {i} of {results.Length} back to back",
                    results[i],
                    alone[i % alone.Length],
                    problem.Layer.ActivationDType,
                    problem.Layer.Shape.Hidden);
            }

            kernel.RequireUnmodified();
            return 0;
        });
        return $"{Rounds} rounds of {sources.Length} calls, equal bits";
    }

    private static LayerInputs RowsOf(LayerInputs inputs, LayerRun run, int rank)
    {
        var (start, count) = run.Topology.Rows(rank, inputs.Tokens);
        return inputs.Rows(start, count);
    }

    private static string Graph(CaseScope scope, LayerRun run)
    {
        if (!scope.Context.Device.Traits.CanCaptureGraphs)
        {
            throw new CaseNotApplicableException($"{scope.Context.Device.Traits.Name} cannot capture graphs.");
        }

        RequirePlan(scope, run, RefusalCodes.GraphCapture);
        var changed = scope.Context.Problems.Inputs(run.Problem with { Seed = run.Problem.Seed + 1 });
        RankGroup.Run(scope, run, kernel =>
        {
            Replay(run, kernel, changed);
            return 0;
        });
        return "captured once, replayed with changed inputs, equal bits";
    }

    private static void Replay(LayerRun run, RankKernel kernel, LayerInputs changed)
    {
        var layer = run.Problem.Layer;
        var inputs = RowsOf(changed, run, kernel.Rank);
        var direct = kernel.Run(kernel.Upload(inputs));
        kernel.Run();
        using var graph = kernel.Stream.Capture(s => kernel.Kernel.Apply(kernel.Call, s));
        kernel.Inputs.Write(inputs);
        kernel.Inputs.Output.Poison();
        for (var i = 0; i < 2; i++)
        {
            graph.Launch(kernel.Stream);
        }

        kernel.Stream.Synchronize();
        OutputCheck.RequireSameBits(
            $"{run}, graph replay", kernel.Inputs.Output.Read(), direct, layer.ActivationDType, layer.Shape.Hidden);
    }

    private static string Deferred(CaseScope scope, LayerRun run)
    {
        if (!run.Subject.Experts.CanDeferFinalize)
        {
            throw new CaseNotApplicableException(
                $"'{run.Subject.Experts.Name}' does not stop after the second product.");
        }

        RequirePlan(scope, run, RefusalCodes.Parallel);
        if (run.Topology.Communicates)
        {
            throw new CaseNotApplicableException("Outputs that travel back cannot stay unfinalized.");
        }

        using var kernel = new RankKernel(scope.Fork(), run, 0, null);
        var result = kernel.Kernel.Apply(kernel.Call, kernel.Stream);
        kernel.Stream.Synchronize();
        if (!result.IsUnfinalized)
        {
            throw new CaseNotApplicableException("The chain finished its output although it may leave it open.");
        }

        var layer = run.Problem.Layer;
        var actual = WeightAndSum(kernel, result, layer);
        return OutputCheck.RequireClose(
            $"{run}, unfinalized",
            actual,
            scope.Context.Problems.Expected(run.Problem),
            layer.Shape.Hidden,
            Tolerances.Of(layer));
    }

    private static float[] WeightAndSum(RankKernel kernel, ExpertsResult result, MoeLayerSpec layer)
    {
        var (hidden, topK) = (layer.Shape.Hidden, layer.Shape.TopK);
        var rows = Read(kernel.Stream, result.Permuted).ToFloats();
        var weights = Read(kernel.Stream, result.Weights).ToFloats();
        var map = Read(kernel.Stream, result.IndexMap).ToInts();
        var output = new float[map.Length / topK * hidden];
        for (var pair = 0; pair < map.Length; pair++)
        {
            for (var i = 0; map[pair] >= 0 && i < hidden; i++)
            {
                output[(pair / topK * hidden) + i] += weights[pair] * rows[(map[pair] * hidden) + i];
            }
        }

        return output;
    }

    private static HostTensor Read(IComputeStream stream, TensorView view)
    {
        var bytes = new byte[view.Bytes];
        stream.CopyToHost(view.Pointer, bytes);
        return new HostTensor(view.DType, view.Shape, bytes);
    }

    private static void RequirePlan(CaseScope scope, LayerRun run, RefusalCode code)
    {
        var plan = run.Plan(scope.Context);
        if (!plan.IsRunnable)
        {
            var refusals = plan.Candidates.SelectMany(c => c.Refusals).Concat(plan.Refusals).ToList();
            var refusal = refusals.FirstOrDefault(r => r.Code == code) ?? refusals.FirstOrDefault();
            throw new CaseNotApplicableException(refusal?.ToString() ?? "The composer refuses it.", refusal);
        }
    }
}
