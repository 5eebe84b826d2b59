namespace FusedMoe.Conformance;

/// <summary>
/// Weights that are not the layer's: every tensor of a layer in turn is left out, given another type, another size or another
/// device, and preparing must refuse it by name.
/// </summary>
internal static class WeightCases
{
    private const string Description =
        "Preparing refuses weights of another shape, type or device and missing ones, and names the tensor and both.";

    private static readonly (string Name, Func<ExpertWeights, TensorView> Get, Setter Set)[] Tensors =
    [
        ("w13", w => w.W13, (w, t) => w with { W13 = t }),
        ("w2", w => w.W2, (w, t) => w with { W2 = t }),
        ("w13 scale", w => w.W13Scale, (w, t) => w with { W13Scale = t }),
        ("w2 scale", w => w.W2Scale, (w, t) => w with { W2Scale = t }),
        ("w13 global scale", w => w.W13GlobalScale, (w, t) => w with { W13GlobalScale = t }),
        ("w2 global scale", w => w.W2GlobalScale, (w, t) => w with { W2GlobalScale = t }),
        ("w13 zero points", w => w.W13ZeroPoints, (w, t) => w with { W13ZeroPoints = t }),
        ("w2 zero points", w => w.W2ZeroPoints, (w, t) => w with { W2ZeroPoints = t }),
        ("w13 bias", w => w.W13Bias, (w, t) => w with { W13Bias = t }),
        ("w2 bias", w => w.W2Bias, (w, t) => w with { W2Bias = t }),
        ("a13 scale", w => w.A13Scale, (w, t) => w with { A13Scale = t }),
        ("a2 scale", w => w.A2Scale, (w, t) => w with { A2Scale = t }),
    ];

    private delegate ExpertWeights Setter(ExpertWeights weights, TensorView tensor);

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        Add(list, "wrong-base", new LayerRun(subject, subject.Base));
        AddClaimed(list, "wrong-bias", subject, f => f with { HasExpertBias = true });
        foreach (var quant in LayerVariants.NaturalQuants)
        {
            AddClaimed(list, $"wrong-{LayerVariants.NameOf(quant)}", subject, f => f with { Quant = quant });
        }
    }

    private static void AddClaimed(
        CaseList list, string name, ChainSubject subject, Func<MoeLayerFeatures, MoeLayerFeatures> features)
    {
        if (subject.Base.With(features: features) is { } problem
            && new LayerRun(subject, problem) is var run && run.IsAccepted(list.Context))
        {
            Add(list, name, run);
        }
    }

    private static void Add(CaseList list, string name, LayerRun run) => list.Add(
        CaseGroups.Weights,
        name,
        Description,
        scope => $"{RankGroup.Run(scope, run, (rankScope, rank, communicator) =>
            RefuseAll(rankScope, run, rank, communicator)).Sum()} wrong tensors refused");

    private static int RefuseAll(CaseScope scope, LayerRun run, int rank, ICommunicator? communicator)
    {
        var (experts, source) = Create(scope, run, rank, communicator);
        var refused = 0;
        foreach (var (name, get, set) in Tensors.Where(t => !t.Get(source).IsNone))
        {
            foreach (var wrong in WrongTensors.Of(get(source)).Append(WrongTensors.Elsewhere(get(source))))
            {
                scope.ThrowIfCancelled();
                RequireRefused(scope, experts, set(source, wrong), name, get(source), wrong);
                refused++;
            }
        }

        return refused;
    }

    private static (IExpertsBase Experts, ExpertWeights Source) Create(
        CaseScope scope, LayerRun run, int rank, ICommunicator? communicator)
    {
        if (run.Subject.IsMonolithic)
        {
            var monolithic = new DirectMonolithicChain(scope, run);
            return (monolithic.Experts, monolithic.SourceWeights);
        }

        var chain = new DirectChain(scope, run, rank, communicator);
        return (chain.Experts, chain.SourceWeights);
    }

    private static void RequireRefused(
        CaseScope scope, IExpertsBase experts, ExpertWeights weights, string name, TensorView right, TensorView wrong)
    {
        try
        {
            experts.PrepareWeights(weights, scope.Stream).Dispose();
        }
        catch (ArgumentException error)
        {
            RequireNamed(error.Message, name, right, wrong);
            return;
        }

        throw new CaseFailedException(
            $"PrepareWeights must throw ArgumentException for {name} {wrong} instead of {right}, it returned.");
    }

    private static void RequireNamed(string message, string name, TensorView right, TensorView wrong)
    {
        var isNamed = WithoutSpaces(message).Contains(WithoutSpaces(name), StringComparison.OrdinalIgnoreCase);
        string[] facts = wrong.IsNone ? [$"{right.Shape}"]
            : wrong.Device != right.Device ? [$"{wrong}"]
            : [$"{right.Shape}", right.DType.Name(), $"{wrong.Shape}", wrong.DType.Name()];
        var missing = facts.Where(f => !message.Contains(f, StringComparison.OrdinalIgnoreCase)).Distinct().ToArray();
        if (!isNamed || missing.Length > 0)
        {
            throw new CaseFailedException(
                $"The error for {name} {wrong} must name the tensor, {string.Join(", ", facts.Distinct())}, "
                + $"got \"{message}\".");
        }
    }

    private static string WithoutSpaces(string text) => text.Replace(" ", string.Empty, StringComparison.Ordinal);
}
