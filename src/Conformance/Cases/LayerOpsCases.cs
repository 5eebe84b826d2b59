namespace FusedMoe.Conformance;

/// <summary>The small dense steps around the experts.</summary>
internal static class LayerOpsCases
{
    private const int AccumulatedRows = 11;

    /// <summary>A backend may project few tokens in another way.</summary>
    private static readonly int[] ProjectedTokens = [1, 3, 13];

    public static void AddTo(CaseList list, ILayerOps ops)
    {
        foreach (var hidden in LayerVariants.ActivationTypes)
        {
            foreach (var weight in LayerVariants.ActivationTypes)
            {
                foreach (var bias in new DType?[] { null, DType.Float32, weight })
                {
                    list.Add(
                        CaseGroups.Service,
                        $"project-logits-{hidden.Name()}-{weight.Name()}-bias-{bias?.Name() ?? "none"}",
                        "Logits are the gate's product, summed in float32, plus its bias.",
                        scope => string.Join(
                            "; ", ProjectedTokens.Select(m => Project(scope, ops, m, hidden, weight, bias))));
                }
            }

            list.Add(
                CaseGroups.Service,
                $"accumulate-{hidden.Name()}",
                "The addend is added in float32 and rounded once.",
                scope => Accumulate(scope, ops, hidden, null));
            foreach (var live in new[] { 0, 4, AccumulatedRows + 1 })
            {
                list.Add(
                    CaseGroups.Service,
                    $"accumulate-{hidden.Name()}-{live}-live",
                    "Rows beyond the device-side count keep their bits; a count above the rows means all.",
                    scope => Accumulate(scope, ops, hidden, live));
            }

            foreach (var (ids, live) in new (DType, int?)[] { (DType.Int32, null), (DType.Int64, null), (DType.Int32, 4) })
            {
                list.Add(
                    CaseGroups.Service,
                    $"add-identity-{hidden.Name()}-{ids.Name()}{(live is { } rows ? $"-{rows}-live" : null)}",
                    "Live rows gain their input times the weights of their identity experts; others keep their bits.",
                    scope => AddIdentity(scope, ops, hidden, (ids, live)));
            }
        }
    }

    private static string Project(
        CaseScope scope, ILayerOps ops, int tokens, DType hiddenType, DType weightType, DType? biasType)
    {
        var (experts, k) = (37, 96);
        var source = NormalSource.Of(scope.Context.Options.Seed, "project");
        var hidden = HostTensor.FromFloats(hiddenType, new TensorShape(tokens, k), source.Normals(tokens * k));
        var weight = HostTensor.FromFloats(weightType, new TensorShape(experts, k), source.Normals(experts * k, 0.1f));
        var bias = biasType is { } type
            ? HostTensor.FromFloats(type, new TensorShape(experts), source.Normals(experts))
            : null;
        var (x, w, b) = (hidden.ToFloats(), weight.ToFloats(), bias?.ToFloats());
        var expected = Enumerable.Range(0, tokens * experts)
            .Select(
                i => Dot(x.AsSpan(i / experts * k, k), w.AsSpan(i % experts * k, k)) + (b is null ? 0 : b[i % experts]))
            .ToArray();
        var logits = scope.Poisoned(DType.Float32, new TensorShape(tokens, experts));
        var (hiddenTensor, weightTensor) = (scope.Upload(hidden), scope.Upload(weight));
        var biasView = bias is null ? TensorView.None : scope.Upload(bias).View;
        ops.ProjectLogits(hiddenTensor.View, weightTensor.View, biasView, logits.View, scope.Stream);
        scope.Stream.Synchronize();
        logits.RequireGuards("logits");
        hiddenTensor.RequireUnmodified("hidden states");
        weightTensor.RequireUnmodified("gate");
        return OutputCheck.RequireClose("logits", logits.ReadFloats(), expected, experts, 1e-5);
    }

    private static string Accumulate(CaseScope scope, ILayerOps ops, DType dtype, int? live)
    {
        const int Columns = 33;
        var shape = new TensorShape(AccumulatedRows, Columns);
        var source = NormalSource.Of(scope.Context.Options.Seed, "accumulate");
        var (a, b) = (
            HostTensor.FromFloats(dtype, shape, source.Normals(AccumulatedRows * Columns)),
            HostTensor.FromFloats(dtype, shape, source.Normals(AccumulatedRows * Columns)));
        var added = (live ?? AccumulatedRows) * Columns;
        var sums = a.ToFloats().Zip(b.ToFloats()).Select((p, i) => i < added ? p.First + p.Second : p.First);
        var expected = HostTensor.FromFloats(dtype, shape, [.. sums]);
        var (target, addend) = (scope.Upload(a), scope.Upload(b));
        var count = live is { } rows ? scope.Upload(HostTensor.FromInts(new TensorShape(1), [rows])).View : TensorView.None;
        ops.Accumulate(target.View, addend.View, count, scope.Stream);
        scope.Stream.Synchronize();
        target.RequireGuards("target");
        addend.RequireUnmodified("addend");
        OutputCheck.RequireSameBits($"accumulate {dtype.Name()}", target.Read(), expected.Bytes, dtype, Columns);
        return "equal bits";
    }

    private static string AddIdentity(CaseScope scope, ILayerOps ops, DType dtype, (DType Ids, int? Live) variant)
    {
        const int Columns = 72;
        const int Slots = 3;
        const int First = 6;
        var shape = new TensorShape(AccumulatedRows, Columns);
        var chosen = new TensorShape(AccumulatedRows, Slots);
        var source = NormalSource.Of(scope.Context.Options.Seed, "identity");
        var (a, x) = (
            HostTensor.FromFloats(dtype, shape, source.Normals(AccumulatedRows * Columns)),
            HostTensor.FromFloats(dtype, shape, source.Normals(AccumulatedRows * Columns)));
        var weights = source.Normals(AccumulatedRows * Slots);

        // From -1 to 9: experts are 0 to 5, identity experts 6 to 8. Every fourth row has none.
        var ids = Enumerable.Range(0, weights.Length)
            .Select(i => i / Slots % 4 == 3 ? i % First : (i * 7 % 11) - 1)
            .ToArray();
        var (target, input) = (scope.Upload(a), scope.Upload(x));
        var count = variant.Live is { } rows
            ? scope.Upload(HostTensor.FromInts(new TensorShape(1), [rows])).View
            : TensorView.None;
        var call = new IdentityCall
        {
            Target = target.View,
            HiddenStates = input.View,
            TopKIds = scope.Upload(HostTensor.FromInts(variant.Ids, chosen, ids)).View,
            TopKWeights = scope.Upload(HostTensor.FromFloats(DType.Float32, chosen, weights)).View,
            First = First,
            Count = 3,
            ValidTokens = count,
        };
        ops.AddIdentity(call, scope.Stream);
        scope.Stream.Synchronize();
        target.RequireGuards("target");
        input.RequireUnmodified("hidden states");
        var (before, given) = (a.ToFloats(), x.ToFloats());
        var expected = before.Select((v, i) => v + (given[i] * Factor(i / Columns))).ToArray();
        return OutputCheck.RequireClose("target", target.ReadFloats(), expected, Columns, Tolerances.Of(dtype));

        double Factor(int row) => row >= (variant.Live ?? AccumulatedRows)
            ? 0
            : Enumerable.Range(row * Slots, Slots).Where(p => ids[p] is >= First and < First + 3).Sum(p => (double)weights[p]);
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
