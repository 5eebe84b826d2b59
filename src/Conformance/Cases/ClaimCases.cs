namespace FusedMoe.Conformance;

/// <summary>Everything a pair claims to compute, against the reference.</summary>
internal static class ClaimCases
{
    public static void AddTo(CaseList list, ChainSubject subject, bool isFirstOfExperts)
    {
        AddShapes(list, subject);
        AddTypes(list, subject);
        AddActivations(list, subject);
        AddQuants(list, subject, isFirstOfExperts ? LayerVariants.AllQuants : LayerVariants.NaturalQuants);
        AddRoutings(list, subject);
        FeatureCases.AddTo(list, subject);
    }

    private static void AddShapes(CaseList list, ChainSubject subject)
    {
        foreach (var (shape, tokens) in Shapes(list.Context.Options.Full))
        {
            var problem = subject.Base.With(shape);
            list.AddClaimed(
                CaseGroups.Shape,
                $"m{tokens}-e{shape.Experts}-top{shape.TopK}-k{shape.Hidden}-i{shape.Intermediate}",
                "The layer's output is the reference's for these sizes.",
                problem is null ? null : new LayerRun(subject, problem with { Tokens = tokens }));
        }
    }

    private static IEnumerable<(MoeShape Shape, int Tokens)> Shapes(bool full)
    {
        foreach (var tokens in new[] { 1, 2, 7, 33, 64, 129 })
        {
            yield return (new MoeShape(8, 2, 128, 128), tokens);
        }

        yield return (new MoeShape(64, 6, 256, 128), 1);
        yield return (new MoeShape(64, 6, 256, 128), 33);
        yield return (new MoeShape(8, 2, 256, 511), 33);
        yield return (new MoeShape(8, 1, 128, 128), 33);
        yield return (new MoeShape(4, 4, 128, 256), 7);
        yield return (new MoeShape(1, 1, 128, 128), 7);
        yield return (new MoeShape(5, 3, 96, 40), 7);
        yield return (new MoeShape(192, 6, 64, 32), 33);
        yield return (new MoeShape(3, 2, 33, 17), 5);
        yield return (new MoeShape(8, 2, 1024, 512), 33);
        if (!full)
        {
            yield break;
        }

        yield return (new MoeShape(32, 4, 2048, 1024), 32);
        yield return (new MoeShape(32, 1, 2048, 1024), 64);
        yield return (new MoeShape(64, 6, 2048, 511), 33);
        yield return (new MoeShape(32, 8, 2048, 768), 16);
        yield return (new MoeShape(8, 2, 2048, 128), 222);
        yield return (new MoeShape(8, 2, 128, 128), 4096);
    }

    private static void AddTypes(CaseList list, ChainSubject subject)
    {
        foreach (var activation in LayerVariants.ActivationTypes)
        {
            foreach (var weight in LayerVariants.ActivationTypes)
            {
                var problem = subject.Base.With(features: f => f with
                {
                    ActivationDType = activation,
                    WeightDType = weight,
                    Quant = QuantSpec.None,
                });
                list.AddClaimed(
                    CaseGroups.DataType,
                    $"{activation.Name()}-weights-{weight.Name()}",
                    "The layer's output is the reference's for these activation and weight types.",
                    problem is null ? null : new LayerRun(subject, problem));
            }
        }
    }

    private static void AddActivations(CaseList list, ChainSubject subject)
    {
        foreach (var (name, activation) in LayerVariants.Activations)
        {
            var problem = subject.Base.With(activation: activation);
            list.AddClaimed(
                CaseGroups.Activation,
                name,
                "The activation with its parameters is the published one.",
                problem is null ? null : new LayerRun(subject, problem));
        }
    }

    private static void AddQuants(CaseList list, ChainSubject subject, IReadOnlyList<QuantSpec> quants)
    {
        foreach (var quant in quants)
        {
            var problem = new[] { new MoeShape(8, 2, 128, 128), new MoeShape(8, 2, 256, 256) }
                .Select(s => subject.Base.With(s, features: f => f with { Quant = quant }))
                .FirstOrDefault(p => p is not null && new LayerRun(subject, p).IsAccepted(list.Context));
            list.AddClaimed(
                CaseGroups.Quantization,
                LayerVariants.NameOf(quant),
                "The output is that of the dequantized weights and equally quantized activations.",
                problem is null ? null : new LayerRun(subject, problem));
        }
    }

    private static void AddRoutings(CaseList list, ChainSubject subject)
    {
        foreach (var (name, routing) in LayerVariants.Routings)
        {
            var shape = subject.Base.Layer.Shape with { TopK = routing.Method == RoutingMethod.Llama4 ? 1 : 2 };
            var problem = subject.Base.With(shape, routing);
            var sampled = subject.IsMonolithic || name is "renormalize" or "deepseek-v3" or "llama4";
            list.AddClaimed(
                CaseGroups.Routing,
                name,
                "Router logits lead to the published experts and weights.",
                problem is null || !sampled ? null : new LayerRun(subject, problem with { Ids = IdPattern.Routed }));
        }

        foreach (var logits in LayerVariants.ActivationTypes)
        {
            var problem = subject.Base.With(features: f => f with { RouterLogitsDType = logits });
            list.AddClaimed(
                CaseGroups.Routing,
                $"logits-{logits.Name()}",
                "Router logits of this type lead to the published experts and weights.",
                problem is null ? null : new LayerRun(subject, problem with { Ids = IdPattern.Routed }));
        }

        list.AddClaimed(
            CaseGroups.Routing,
            "gate",
            "Without logits the kernel projects them with the gate.",
            new LayerRun(subject, subject.Base with { Ids = IdPattern.Gated }));
        var bias = subject.Base.With(features: f => f with { HasGateBias = true });
        list.AddClaimed(
            CaseGroups.Routing,
            "gate-bias",
            "The gate's bias is added to the logits.",
            bias is null ? null : new LayerRun(subject, bias with { Ids = IdPattern.Gated }));
    }
}
