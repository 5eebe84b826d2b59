namespace FusedMoe.Conformance;

/// <summary>Strategies that weight and sum over top-k.</summary>
internal static class ReduceCases
{
    private const int Tokens = 9;
    private const int Slots = 3;
    private const int Hidden = 40;
    private const int Experts = 6;

    public static void AddTo(CaseList list, ITopKWeightAndReduceProvider provider)
    {
        foreach (var dtype in LayerVariants.ActivationTypes)
        {
            foreach (var onInput in new[] { false, true })
            {
                var suffix = $"{dtype.Name()}{(onInput ? "-weight-on-input" : string.Empty)}";
                list.Add(
                    CaseGroups.Service,
                    $"contiguous-{suffix}",
                    "Slots are weighted and summed in float32; invalid ones are skipped even when they hold NaN.",
                    scope => Contiguous(scope, provider, dtype, onInput, usesMap: false));
                list.Add(
                    CaseGroups.Service,
                    $"contiguous-map-{suffix}",
                    "Slots of experts that are not local are skipped.",
                    scope => Contiguous(scope, provider, dtype, onInput, usesMap: true));
            }

            list.Add(
                CaseGroups.Service,
                $"batched-{dtype.Name()}",
                "Each token's rows are found in the experts' blocks, weighted and summed; other rows may hold NaN.",
                scope => Batched(scope, provider, dtype));
        }

        list.Add(
            CaseGroups.Service,
            "no-op",
            "A no-op copies, or leaves its own output alone.",
            scope => NoOp(scope, provider));
        list.Add(
            CaseGroups.Service,
            "delegate",
            "A delegate refuses to be applied.",
            scope => DelegateThrows(scope, provider));
    }

    private static string Contiguous(
        CaseScope scope, ITopKWeightAndReduceProvider provider, DType dtype, bool onInput, bool usesMap)
    {
        var (ids, weights) = Routed(scope, Experts);
        int[]? map = usesMap ? [-1, 0, -1, 1, 2, -1] : null;
        var rows = NormalSource.Of(scope.Context.Options.Seed, "contiguous").Normals((long)Tokens * Slots * Hidden);
        var expected = new double[Tokens * Hidden];
        for (var pair = 0; pair < ids.Length; pair++)
        {
            var isLocal = ids[pair] >= 0 && ids[pair] < Experts && (map is null || map[ids[pair]] >= 0);
            for (var i = 0; i < Hidden; i++)
            {
                var at = (pair * Hidden) + i;
                rows[at] = isLocal ? NumberCodec.Round(dtype, rows[at]) : float.NaN;
                expected[(pair / Slots * Hidden) + i] += isLocal ? rows[at] * (onInput ? 1 : weights[pair]) : 0;
            }
        }

        var output = HostTensor.FromFloats(dtype, new TensorShape(Tokens, Slots, Hidden), rows);
        return Apply(
            scope,
            provider,
            WeightAndReduceSpec.Contiguous,
            output,
            new Arguments(ids, weights, map, onInput, Experts),
            expected);
    }

    /// <summary>Rank 1 of two ranks with three experts each: local expert e is global expert 3 + e.</summary>
    private static string Batched(CaseScope scope, ITopKWeightAndReduceProvider provider, DType dtype)
    {
        const int Local = Experts / 2;
        var (ids, weights) = Routed(scope, Experts);
        var source = NormalSource.Of(scope.Context.Options.Seed, "batched");
        var blocks = Enumerable.Repeat(float.NaN, Local * Tokens * Hidden).ToArray();
        var expected = new double[Tokens * Hidden];
        for (var e = 0; e < Local; e++)
        {
            var row = 0;
            for (var m = 0; m < Tokens; m++)
            {
                var slot = Array.IndexOf(ids, Local + e, m * Slots, Slots);
                for (var i = 0; slot >= 0 && i < Hidden; i++)
                {
                    var value = NumberCodec.Round(dtype, source.Normal());
                    blocks[(((e * Tokens) + row) * Hidden) + i] = value;
                    expected[(m * Hidden) + i] += value * weights[slot];
                }

                row += slot >= 0 ? 1 : 0;
            }
        }

        int[] map = [-1, -1, -1, 0, 1, 2];
        var output = HostTensor.FromFloats(dtype, new TensorShape(Local, Tokens, Hidden), blocks);
        return Apply(
            scope,
            provider,
            WeightAndReduceSpec.Batched(1),
            output,
            new Arguments(ids, weights, map, false, Experts),
            expected);
    }

    private static string NoOp(CaseScope scope, ITopKWeightAndReduceProvider provider)
    {
        var (ids, weights) = Routed(scope, Experts);
        var values = NormalSource.Of(scope.Context.Options.Seed, "no-op").Normals((long)Tokens * Hidden);
        var rows = HostTensor.FromFloats(DType.Float32, new TensorShape(Tokens, Hidden), values);
        var arguments = new Arguments(ids, weights, null, false, Experts);
        var detail = Apply(
            scope, provider, WeightAndReduceSpec.NoOp, rows, arguments, [.. values.Select(v => (double)v)]);
        var inPlace = scope.Upload(rows);
        var reduce = provider.Create(WeightAndReduceSpec.NoOp, scope.Context.Device);
        reduce.Apply(arguments.Call(scope, inPlace.View, inPlace.View), scope.Stream);
        scope.Stream.Synchronize();
        inPlace.RequireUnmodified("output that is the experts' own");
        return detail;
    }

    private static string DelegateThrows(CaseScope scope, ITopKWeightAndReduceProvider provider)
    {
        var (ids, weights) = Routed(scope, Experts);
        var rows = scope.Poisoned(DType.Float32, new TensorShape(Tokens, Hidden)).View;
        try
        {
            provider.Create(WeightAndReduceSpec.Delegate, scope.Context.Device)
                .Apply(new Arguments(ids, weights, null, false, Experts).Call(scope, rows, rows), scope.Stream);
        }
        catch (InvalidOperationException error)
        {
            return error.Message;
        }

        throw new CaseFailedException("A delegate must throw InvalidOperationException when applied, it returned.");
    }

    private static string Apply(
        CaseScope scope,
        ITopKWeightAndReduceProvider provider,
        WeightAndReduceSpec spec,
        HostTensor expertOutput,
        Arguments arguments,
        double[] expected)
    {
        var reduce = provider.Create(spec, scope.Context.Device);
        if (reduce.Spec != spec)
        {
            throw new CaseFailedException($"The strategy must be {spec}, got {reduce.Spec}.");
        }

        var source = scope.Upload(expertOutput);
        var output = scope.Poisoned(expertOutput.DType, new TensorShape(Tokens, Hidden));
        reduce.Apply(arguments.Call(scope, source.View, output.View), scope.Stream);
        scope.Stream.Synchronize();
        output.RequireGuards("reduced output");
        source.RequireUnmodified("experts' output");
        return OutputCheck.RequireClose(
            $"{spec.Kind}", output.ReadFloats(), expected, Hidden, Tolerances.Of(expertOutput.DType));
    }

    private static (int[] Ids, float[] Weights) Routed(CaseScope scope, int experts)
    {
        var source = NormalSource.Of(scope.Context.Options.Seed, "reduce");
        var ids = Enumerable.Range(0, Tokens).SelectMany(_ => source.Distinct(Slots, experts)).ToArray();
        var weights = ids.Select(_ => 0.1f + source.Uniform()).ToArray();
        foreach (var (slot, id) in new[]
        {
            (1, -1), (4, experts), (8, int.MaxValue), (11, int.MinValue), (12, -1), (13, -1), (14, -1),
        })
        {
            (ids[slot], weights[slot]) = (id, float.NaN);
        }

        return (ids, weights);
    }

    private sealed record Arguments(int[] Ids, float[] Weights, int[]? Map, bool OnInput, int Experts)
    {
        public WeightAndReduceCall Call(CaseScope scope, TensorView expertOutput, TensorView output) => new()
        {
            Output = output,
            ExpertOutput = expertOutput,
            TopKIds = scope.Upload(HostTensor.FromInts(new TensorShape(Tokens, Slots), Ids)).View,
            TopKWeights = scope
                .Upload(HostTensor.FromFloats(DType.Float32, new TensorShape(Tokens, Slots), Weights))
                .View,
            ExpertMap = Map is null
                ? TensorView.None
                : scope.Upload(HostTensor.FromInts(new TensorShape(Map.Length), Map)).View,
            GlobalExperts = Experts,
            RouterWeightOnInput = OnInput,
        };
    }
}
