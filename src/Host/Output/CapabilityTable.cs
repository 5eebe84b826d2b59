namespace FusedMoe.Host.Output;

/// <summary>What a stage answers to the capability queries, condensed to lines.</summary>
internal static class CapabilityTable
{
    private static readonly DType[] Activations = [DType.Float32, DType.BFloat16, DType.Float16];

    public static IEnumerable<(string Question, string Answers)> Of(IStageDescriptor stage)
    {
        if (stage.Kind == StageKind.Router)
        {
            yield return ("routing", Accepted(Methods(), m => m.ToString(), m => stage.SupportsRouting(RoutingSpec.For(m))));
            yield return ("logits", Accepted(Activations, d => d.Name(), stage.SupportsRouterLogits));
        }
        else
        {
            yield return (
                "activations",
                Accepted(Enum.GetValues<ActivationKind>(), ActivationNames.Of, k => stage.SupportsActivation(Sample(k))));
            foreach (var schemes in Quantization(stage))
            {
                yield return ("quantization", schemes);
            }

            yield return ("types", Accepted(Activations, d => d.Name(), d => stage.SupportsQuant(QuantSpec.None, d, d)));
            yield return ("formats", Accepted(Enum.GetValues<ActivationFormat>(), f => f.Name(), stage.SupportsFormat));
        }

        yield return ("promises", Promises(stage));
    }

    private static string Promises(IStageDescriptor stage) => Accepted(
        new (string Name, Func<Support> Ask)[]
        {
            ("expert map", stage.SupportsExpertMap),
            ("bias", stage.SupportsBias),
            ("non-gated", stage.SupportsNonGated),
            ("router weight on input", stage.SupportsRouterWeightOnInput),
            ("determinism", stage.SupportsDeterminism),
            ("batch invariance", stage.SupportsBatchInvariance),
            ("graph capture", stage.SupportsGraphCapture),
            ("lora", () => stage.SupportsLora(new LoraSpec(1, 16))),
        },
        p => p.Name,
        p => p.Ask());

    private static IEnumerable<RoutingMethod> Methods() =>
        Enum.GetValues<RoutingMethod>().Where(m => m != RoutingMethod.Unspecified);

    /// <summary>Weight keys that go with the same activation keys share a line.</summary>
    private static IEnumerable<string> Quantization(IStageDescriptor stage) => QuantKeys.All
        .Where(w => w.Scale.IsStatic)
        .Prepend(null)
        .Select(w => (Weight: w?.Name ?? "none", Activations: Activations16(stage, w)))
        .Where(s => s.Activations.Length > 0)
        .GroupBy(s => s.Activations, s => s.Weight)
        .Select(g => $"{string.Join(", ", g)} x {g.Key}");

    private static string Activations16(IStageDescriptor stage, QuantKey? weight) => string.Join(
        " | ",
        QuantKeys.All.Prepend(null)
            .Where(a => weight is not null || a is null)
            .Where(a => stage.SupportsQuant(new QuantSpec(weight, a), DType.BFloat16, DType.BFloat16).IsYes)
            .Select(a => a?.Name ?? "none"));

    private static ActivationSpec Sample(ActivationKind kind) => kind switch
    {
        ActivationKind.SwigluOaiUninterleave => new ActivationSpec(kind, limit: 7f),
        ActivationKind.Situ => new ActivationSpec(kind, beta: 4f),
        _ => new ActivationSpec(kind),
    };

    private static string Accepted<T>(IEnumerable<T> items, Func<T, string> name, Func<T, Support> ask)
    {
        var accepted = items.Where(i => ask(i).IsYes).Select(name).ToArray();
        return accepted.Length == 0 ? "none" : string.Join(", ", accepted);
    }
}
