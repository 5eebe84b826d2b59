namespace FusedMoe.Conformance;

/// <summary>Several ranks against the whole layer, and maps from global to local experts.</summary>
internal static class RankCases
{
    private static readonly AllToAllKind[] Transports =
        [AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched];

    private static readonly int[] RankCounts = [1, 2, 4];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        foreach (var topology in Topologies())
        {
            var problem = subject.Base with { Tokens = 33 };
            AddRanks(list, $"{NameOf(topology)}", new LayerRun(subject, problem) { Topology = topology });
            AddUneven(list, subject, topology);
            AddQuantized(list, subject, topology);
            if (topology.Communicates && !subject.IsMonolithic)
            {
                var invalid = new LayerRun(subject, problem with { Ids = IdPattern.Invalid }) { Topology = topology };
                AddRanks(list, $"{NameOf(topology)}-invalid-ids", invalid);
            }
        }

        AddMaps(list, subject);
    }

    private static IEnumerable<Topology> Topologies() =>
        Transports.SelectMany(t => RankCounts.Select(r => new Topology(r, t)))
            .Concat([new Topology(2), new Topology(4), new Topology(2, SplitsTensors: true)]);

    private static string NameOf(Topology topology) => topology.Communicates
        ? $"{topology.Transport.ToString().ToLowerInvariant()}-{topology.Ranks}"
        : $"{(topology.SplitsTensors ? "split-tensors" : "split-experts")}-{topology.Ranks}";

    private static void AddRanks(CaseList list, string name, LayerRun run)
    {
        if (run.IsAccepted(list.Context))
        {
            var description = $"The layer on {run.Topology} gives what one rank gives.";
            list.Add(CaseGroups.Parallel, name, description, scope => Ranks(scope, run));
        }
    }

    /// <summary>Experts that do not divide evenly, and more ranks than rows.</summary>
    private static void AddUneven(CaseList list, ChainSubject subject, Topology topology)
    {
        if (topology.SplitsTensors
            || topology.Ranks == 1
            || subject.Base.With(new MoeShape(7, 3, 128, 128)) is not { } uneven)
        {
            return;
        }

        AddRanks(
            list,
            $"{NameOf(topology)}-uneven",
            new LayerRun(subject, uneven with { Tokens = 3 }) { Topology = topology });
    }

    private static void AddQuantized(CaseList list, ChainSubject subject, Topology topology)
    {
        if (topology.Ranks != 2 || topology.SplitsTensors)
        {
            return;
        }

        foreach (var quant in new QuantSpec[]
        {
            new(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8DynamicToken), new(
                QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128),
        })
        {
            if (subject.Base.With(features: f => f with { Quant = quant }) is { } problem)
            {
                AddRanks(
                    list,
                    $"{NameOf(topology)}-{LayerVariants.NameOf(quant)}",
                    new LayerRun(subject, problem) { Topology = topology });
            }
        }
    }

    private static string Ranks(CaseScope scope, LayerRun run)
    {
        var outputs = RankGroup.Run(scope, run, kernel =>
        {
            var must = run.Topology.Communicates || run.Topology.Ranks == 1;
            if (kernel.Kernel.OutputIsReduced != must && run.Topology.Ranks > 1)
            {
                throw new CaseFailedException(
                    $"{run}: OutputIsReduced must be {must} because "
                    + $"rank outputs are {(must ? "complete" : "partial")}, "
                    + $"got {kernel.Kernel.OutputIsReduced}.");
            }

            return kernel.Run();
        });
        return LayerCheck.Close(run, outputs, scope.Context.Problems.Expected(run.Problem));
    }

    private static void AddMaps(CaseList list, ChainSubject subject)
    {
        var topology = new Topology(2);
        var experts = subject.Base.Layer.Shape.Experts;
        var source = NormalSource.Of(subject.Base.Seed, "map");
        foreach (var (name, globals) in new[]
        {
            ("subset", source.Distinct(experts / 2, experts).Order().ToArray()),
            ("permuted", source.Distinct(experts / 2, experts)),
            ("one-local", [experts - 1]),
            ("second-half", [.. Enumerable.Range(experts / 2, experts - (experts / 2))]),
        })
        {
            var run = new LayerRun(subject, subject.Base) { Topology = topology, ExpertMap = Map(globals, experts) };
            if (run.IsAccepted(list.Context))
            {
                list.Add(
                    CaseGroups.ExpertMap,
                    name,
                    "A rank adds exactly its own experts' part.",
                    scope => Mapped(scope, run, globals));
            }
        }

        if (!subject.IsMonolithic)
        {
            AddNoneLocal(list, subject, topology, experts);
        }
    }

    private static void AddNoneLocal(CaseList list, ChainSubject subject, Topology topology, int experts)
    {
        int[] globals = [.. Enumerable.Range(experts / 2, experts - (experts / 2))];
        var run = new LayerRun(subject, subject.Base with { Ids = IdPattern.FirstHalf })
        {
            Topology = topology,
            ExpertMap = Map(globals, experts),
        };
        if (run.IsAccepted(list.Context))
        {
            list.Add(
                CaseGroups.ExpertMap,
                "none-local",
                "A rank whose experts get no token gives zeros.",
                scope => Mapped(scope, run, globals));
        }
    }

    private static int[] Map(int[] globals, int experts) =>
        [.. Enumerable.Range(0, experts).Select(g => Array.IndexOf(globals, g))];

    /// <summary>Only rank 0: the deployment's map is one rank's.</summary>
    private static string Mapped(CaseScope scope, LayerRun run, int[] globals)
    {
        using var kernel = new RankKernel(scope.Fork(), run, 0, null);
        var output = LayerCheck.Floats(run.Problem.Layer.ActivationDType, kernel.Run());
        var layer = run.Problem.Layer;
        var expected = ReferenceLayer.Run(layer, LayerCheck.Weights(scope, run), kernel.Source, globals.Contains);
        return OutputCheck.RequireClose(run.ToString(), output, expected, layer.Shape.Hidden, Tolerances.Of(layer));
    }
}
