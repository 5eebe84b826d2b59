namespace FusedMoe.Conformance;

/// <summary>
/// Every configuration that a tunable backend names, against the reference: a measured table may choose any of them.
/// The points are small, and together they visit every element type, kind of activation, scale layout and masking.
/// </summary>
internal static class ConfigurationCases
{
    private const int FewTokens = 3;
    private const int ManyTokens = 150;

    private static readonly MoeShape Even = new(8, 2, 256, 256);

    private static readonly (string Name, MoeShape Shape)[] Shapes =
    [
        ("even", Even),
        ("multiples-of-16", new(8, 2, 144, 208)),
        ("multiples-of-8", new(8, 2, 136, 72)),
        ("odd", new(5, 3, 97, 41)),
    ];

    private static readonly int[] TopKs = [1, 4, 8, 16, 32];

    private static readonly int[] DeepTopKs = [2, 8];

    private static readonly string[] Activations = ["swigluoai-limit", "gelu", "relu2-no-mul"];

    /// <summary>Where they are steps of their own, one shape is enough for these.</summary>
    private static readonly string[] SmallActivations = ["situ", "silu-no-mul", "gelu-no-mul"];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        if (subject.IsMonolithic || subject.Topology.Ranks > 1 || subject.Experts is not ITunableExperts tunable)
        {
            return;
        }

        foreach (var (name, problem) in Points(subject))
        {
            var run = new LayerRun(subject, problem);
            var names = run.IsAccepted(list.Context)
                ? tunable.Configurations(list.Context.Device.Traits, problem.Layer, problem.Tokens)
                : [];
            if (names.Count > 0)
            {
                list.Add(
                    CaseGroups.Configurations,
                    $"{name}-m{problem.Tokens}",
                    "The layer's output is the reference's in every configuration.",
                    scope => RunAll(scope, run, names));
            }
        }
    }

    private static string RunAll(CaseScope scope, LayerRun run, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            scope.ThrowIfCancelled();
            LayerCheck.Matches(scope, run with { Configuration = name });
        }

        return $"{names.Count} configurations: {string.Join(", ", names)}";
    }

    private static IEnumerable<(string Name, LayerProblem Problem)> Points(ChainSubject subject)
    {
        var broad = ShapePoints(subject).Concat(ActivationPoints(subject)).Concat(QuantPoints(subject));
        var deep = DeepTopKs.Select(k => ($"deep-top{k}", subject.Base.With(new MoeShape(8, k, 128, 4096))));
        var many = ("many-experts", subject.Base.With(new MoeShape(64, 6, 512, 128)));
        return At(FewTokens, broad.Concat(TopKPoints(subject)).Concat(deep)).Concat(At(ManyTokens, broad.Append(many)));
    }

    private static IEnumerable<(string Name, LayerProblem Problem)> At(
        int tokens, IEnumerable<(string Name, LayerProblem? Problem)> points) =>
        from point in points
        where point.Problem is not null
        select (point.Name, point.Problem with { Tokens = tokens });

    private static IEnumerable<(string Name, LayerProblem? Problem)> ShapePoints(ChainSubject subject) =>
        from dtype in LayerVariants.ActivationTypes
        from shape in Shapes
        select ($"{shape.Name}-{dtype.Name()}", subject.Base.With(shape.Shape, features: f => Unquantized(f, dtype)));

    private static IEnumerable<(string Name, LayerProblem? Problem)> ActivationPoints(ChainSubject subject) =>
        from dtype in LayerVariants.ActivationTypes
        from point in Activations.SelectMany(a => Shapes.Select(s => (Activation: a, s.Name, s.Shape)))
            .Concat(SmallActivations.Select(a => (Activation: a, Shapes[^1].Name, Shapes[^1].Shape)))
        let activation = LayerVariants.Activations.First(a => a.Name == point.Activation).Spec
        select ($"{point.Activation}-{point.Name}-{dtype.Name()}", subject.Base.With(
            point.Shape, activation: activation, features: f => Unquantized(f, dtype)));

    private static IEnumerable<(string Name, LayerProblem? Problem)> QuantPoints(ChainSubject subject) =>
        from quant in LayerVariants.NaturalQuants
        from shape in Shapes.Append(("multiples-of-64", new MoeShape(8, 2, 192, 320)))
        from activation in new[] { ActivationSpec.Silu, new(ActivationKind.Relu2NoMul) }
        select ($"{LayerVariants.NameOf(quant)}-{shape.Item1}-{activation.Name}", subject.Base.With(
            shape.Item2, activation: activation, features: f => f with { Quant = quant }));

    private static IEnumerable<(string Name, LayerProblem? Problem)> TopKPoints(ChainSubject subject) =>
        from topK in TopKs
        from shape in new[] { Even, new(1, 1, 97, 41) }
        from dtype in LayerVariants.ActivationTypes
        select ($"top{topK}-k{shape.Hidden}-{dtype.Name()}", subject.Base.With(
            shape with { Experts = 32, TopK = topK }, features: f => Unquantized(f, dtype)));

    private static MoeLayerFeatures Unquantized(MoeLayerFeatures features, DType dtype) =>
        features with { ActivationDType = dtype, WeightDType = dtype, Quant = QuantSpec.None };
}
