namespace FusedMoe.Conformance;

/// <summary>Ids, token counts and values at the edges.</summary>
internal static class EdgeCases
{
    public static void AddTo(CaseList list, ChainSubject subject)
    {
        AddTokens(list, subject);
        AddContainment(list, subject);
        if (!subject.IsMonolithic)
        {
            AddIds(list, subject);
        }
    }

    private static void AddTokens(CaseList list, ChainSubject subject)
    {
        list.Add(CaseGroups.Shape, "zero-tokens", "A call without rows returns, and the next call is right.", scope =>
        {
            var run = new LayerRun(subject, subject.Base);
            var outputs = RankGroup.Run(scope, run, kernel =>
            {
                kernel.Run(kernel.Upload(kernel.Source.Rows(0, 0)));
                return kernel.Run();
            });
            return LayerCheck.Close(run, outputs, scope.Context.Problems.Expected(run.Problem));
        });
        if (subject.Topology.Ranks == 1)
        {
            list.Add(
                CaseGroups.Shape,
                "between-boundaries",
                "Hidden states and output that start one element behind a boundary are right or refused by name.",
                scope => BetweenBoundaries(scope, new LayerRun(subject, subject.Base)));
        }

        list.Add(CaseGroups.Shape, "fewer-than-max", "Calls of 1, 2, 5 and all rows share one kernel.", scope =>
        {
            var run = new LayerRun(subject, subject.Base);
            return string.Join(
                "; ", new[] { 1, 2, 5, run.Problem.Tokens }.Select(tokens => Prefix(scope, run, tokens)));
        });
    }

    private static string BetweenBoundaries(CaseScope scope, LayerRun run)
    {
        byte[][] outputs;
        try
        {
            outputs = RankGroup.Run(scope, run, kernel => kernel.RunBetweenBoundaries());
        }
        catch (ArgumentException error) when (
            error.Message.Contains("hidden states", StringComparison.OrdinalIgnoreCase)
            || error.Message.Contains("output", StringComparison.OrdinalIgnoreCase))
        {
            return $"refused: {error.Message}";
        }

        return LayerCheck.Close(run, outputs, scope.Context.Problems.Expected(run.Problem));
    }

    private static string Prefix(CaseScope scope, LayerRun run, int tokens)
    {
        var all = scope.Context.Problems.Inputs(run.Problem);
        var part = run with
        {
            Inputs = all.Rows(0, tokens),
            Problem = run.Problem with { Tokens = tokens },
            MaxTokens = all.Tokens,
        };
        return LayerCheck.Matches(scope, part);
    }

    private static void AddIds(CaseList list, ChainSubject subject)
    {
        Add(IdPattern.SameExperts, "all-to-the-same-experts", "All tokens may go to the same experts.");
        Add(IdPattern.FirstHalf, "experts-without-tokens", "Experts may get no tokens.");
        Add(
            IdPattern.Invalid,
            "invalid-ids",
            "Ids of -1, G and beyond, and int.MinValue contribute nothing, whatever their weight.");
        Add(IdPattern.AllInvalid, "all-ids-invalid", "Tokens without any valid id get zeros.");
        list.Add(
            CaseGroups.Containment,
            "unused-experts-nan",
            "NaN weights of experts without tokens reach no output.",
            scope =>
            {
                var problem = subject.Base with { Ids = IdPattern.FirstHalf };
                var weights = scope.Context.Problems.Weights(problem.Layer, problem.Seed);
                return LayerCheck.Matches(
                    scope, new LayerRun(subject, problem) { Weights = PoisonSecondHalf(weights) });
            });

        void Add(IdPattern pattern, string name, string description)
        {
            list.AddClaimed(
                CaseGroups.ExpertIds, name, description, new LayerRun(subject, subject.Base with { Ids = pattern }));
            var onInput = subject.Base.With(
                subject.Base.Layer.Shape with { TopK = 1 }, features: f => f with { RouterWeightOnInput = true });
            list.AddClaimed(
                CaseGroups.ExpertIds,
                $"{name}-weight-on-input",
                $"{description} The router weight is on the input.",
                onInput is null ? null : new LayerRun(subject, onInput with { Ids = pattern }));
        }
    }

    /// <summary>0xFF in every byte is NaN in every floating-point type, scales included.</summary>
    private static LayerWeights PoisonSecondHalf(LayerWeights weights)
    {
        return weights with { W13 = Poison(weights.W13), W2 = Poison(weights.W2) };

        static QuantizedWeight Poison(QuantizedWeight weight) =>
            weight with
            {
                Elements = PoisonTensor(weight.Elements),
                Scale = weight.Scale is { } s ? PoisonTensor(s) : null,
            };

        static HostTensor PoisonTensor(HostTensor tensor)
        {
            var bytes = tensor.Bytes.ToArray();
            bytes.AsSpan(bytes.Length / 2).Fill(0xFF);
            return tensor with { Bytes = bytes };
        }
    }

    private static void AddContainment(CaseList list, ChainSubject subject)
    {
        foreach (var (name, value) in new[] { ("nan-row", float.NaN), ("infinite-row", float.PositiveInfinity) })
        {
            list.Add(
                CaseGroups.Containment,
                name,
                "A bad row changes no bit of another row.",
                scope => BadRow(scope, new LayerRun(subject, subject.Base), value));
        }
    }

    private static string BadRow(CaseScope scope, LayerRun run, float value)
    {
        if (run.Problem.Layer.Quant.Activation is { Scale: { IsStatic: false, Group: { Rows: -1, Columns: -1 } } } key)
        {
            throw new CaseNotApplicableException($"{key} shares one scale among all rows.");
        }

        const int BadRowIndex = 3;
        var layer = run.Problem.Layer;
        var inputs = scope.Context.Problems.Inputs(run.Problem);
        var hidden = inputs.Hidden.ToFloats();
        hidden.AsSpan(BadRowIndex * layer.Shape.Hidden, layer.Shape.Hidden).Fill(value);
        var bad = run with
        {
            Inputs = inputs with { Hidden = HostTensor.FromFloats(layer.ActivationDType, inputs.Hidden.Shape, hidden) },
        };
        var clean = Joined(scope, run);
        var touched = Joined(scope, bad);
        var rowBytes = (int)layer.ActivationDType.BytesFor(layer.Shape.Hidden);
        clean.AsSpan(BadRowIndex * rowBytes, rowBytes).CopyTo(touched.AsSpan(BadRowIndex * rowBytes));
        OutputCheck.RequireSameBits(
            $"{run}, row {BadRowIndex} set to {value}", touched, clean, layer.ActivationDType, layer.Shape.Hidden);
        return $"row {BadRowIndex} of {run.Problem.Tokens} set to {value}, no other row changed";
    }

    private static byte[] Joined(CaseScope scope, LayerRun run) =>
        [.. RankGroup.Run(scope, run, kernel => kernel.Run()).SelectMany(o => o)];
}
