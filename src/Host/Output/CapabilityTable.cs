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
            yield return ("activations", Accepted(Enum.GetValues<ActivationKind>(), ActivationNames.Of, k => stage.SupportsActivation(Sample(k))));
            yield return ("quantization", Accepted(Schemes(), s => s.ToString(), s => stage.SupportsQuant(s, DType.BFloat16, DType.BFloat16)));
            yield return ("types", Accepted(Activations, d => d.Name(), d => stage.SupportsQuant(QuantSpec.None, d, d)));
            yield return ("formats", Accepted(Enum.GetValues<ActivationFormat>(), f => f.ToString(), stage.SupportsFormat));
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

    private static IEnumerable<QuantSpec> Schemes()
    {
        yield return QuantSpec.None;
        foreach (var weight in QuantKeys.All.Where(k => k.Scale.IsStatic))
        {
            yield return new QuantSpec(weight, null);
            foreach (var activation in QuantKeys.All.Where(k => !k.Scale.IsStatic))
            {
                yield return new QuantSpec(weight, activation);
            }
        }
    }

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
