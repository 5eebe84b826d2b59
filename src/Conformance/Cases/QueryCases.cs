namespace FusedMoe.Conformance;

/// <summary>
/// Asks a stage every query at many points: each answer is yes or a proper refusal, and stays what it was.
/// </summary>
internal static class QueryCases
{
    public static void AddTo(CaseList list, IStageDescriptor stage)
    {
        Add(
            "device",
            Devices(list.Context).Select(d => ($"device {d.Name}", (Func<Support>)(() => stage.SupportsDevice(d)))));
        Add("activation", LayerVariants.Activations.Select(
            a => ($"activation {a.Name}", (Func<Support>)(() => stage.SupportsActivation(a.Spec)))));
        Add("quantization", Quants().Select(
            q => (q.Text, (Func<Support>)(() => stage.SupportsQuant(q.Quant, q.Activation, q.Weight)))));
        if (stage is IDeviceBoundQuant bound)
        {
            Add("quantization-on-device", QuantsOn(bound, Devices(list.Context)));
        }

        Add("parallel", Parallels().Select(p => (p.ToString(), (Func<Support>)(() => stage.SupportsParallel(p)))));
        Add("routing", LayerVariants.Routings.Select(
            r => ($"routing {r.Name}", (Func<Support>)(() => stage.SupportsRouting(r.Spec)))));
        Add("logits", LayerVariants.ActivationTypes.Select(
            d => ($"logits {d.Name()}", (Func<Support>)(() => stage.SupportsRouterLogits(d)))));
        Add("shape", Shapes().Select(s => (s.ToString(), (Func<Support>)(() => stage.SupportsShape(s)))));
        Add("format", Enum.GetValues<ActivationFormat>().Select(
            f => ($"format {f}", (Func<Support>)(() => stage.SupportsFormat(f)))));
        Add("options", Options(stage));
        list.Add(
            CaseGroups.Refusals, "name", "The stage has a kebab-case name, a summary and its kind.", _ => Name(stage));

        void Add(string name, IEnumerable<(string Asked, Func<Support> Query)> queries)
        {
            var all = queries.ToArray();
            list.Add(
                CaseGroups.Refusals,
                name,
                "Every query is answered with yes or with a refusal that says what must be and what is.",
                _ => AskAll(stage, all));
        }
    }

    private static IEnumerable<(string Asked, Func<Support> Query)> Options(IStageDescriptor stage) =>
    [
        ("non-gated layers", stage.SupportsNonGated),
        ("biases", stage.SupportsBias),
        ("expert maps", stage.SupportsExpertMap),
        ("router weight on input", stage.SupportsRouterWeightOnInput),
        ("batch invariance", stage.SupportsBatchInvariance),
        ("determinism", stage.SupportsDeterminism),
        ("graph capture", stage.SupportsGraphCapture),
        ("LoRA", () => stage.SupportsLora(new LoraSpec(4, 16))),
    ];

    private static IEnumerable<DeviceTraits> Devices(SuiteContext context)
    {
        yield return context.Device.Traits;
        yield return new DeviceTraits { Id = DeviceId.Cpu, Name = "some CPU", Processors = 1, MemoryBytes = 1L << 30 };
        yield return new DeviceTraits
        {
            Id = DeviceId.Cuda(0),
            Name = "an old GPU",
            ComputeCapability = 60,
            Processors = 10,
            MemoryBytes = 1L << 30,
            DriverVersion = 9000,
        };
    }

    private static IEnumerable<(string Text, QuantSpec Quant, DType Activation, DType Weight)> Quants() =>
        from quant in LayerVariants.AllQuants.Prepend(QuantSpec.None)
        from activation in LayerVariants.ActivationTypes
        from weight in LayerVariants.ActivationTypes
        select ($"{quant}, {activation.Name()} x {weight.Name()}", quant, activation, weight);

    private static IEnumerable<(string Asked, Func<Support> Query)> QuantsOn(
        IDeviceBoundQuant stage, IEnumerable<DeviceTraits> devices) =>
        from device in devices
        from shape in new[] { new MoeShape(8, 2, 128, 128), new MoeShape(3, 2, 33, 17) }
        from q in Quants()
        select ($"{q.Text} of {shape} on device {device.Name}", (Func<Support>)(
            () => stage.SupportsQuantOn(device, shape, q.Quant, q.Activation, q.Weight)));

    private static IEnumerable<ParallelSpec> Parallels()
    {
        yield return ParallelSpec.Single;
        yield return new ParallelSpec(tpSize: 2, tpRank: 1);
        yield return new ParallelSpec(epSize: 4, epRank: 3);
        foreach (var kind in new[] { AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched })
        {
            yield return new ParallelSpec(1, 0, 2, 1, 2, 1, kind);
        }
    }

    private static IEnumerable<MoeShape> Shapes() =>
    [
        new(8, 2, 128, 128), new(1, 1, 1, 1), new(8, 2, 2880, 2880), new(8, 2, 33, 17), new(8, 8, 64, 511),
        new(256, 8, 7168, 2048),
        new(1024, 64, 128, 128), new(65536, 1, 128, 128),
    ];

    private static string Name(IStageDescriptor stage)
    {
        var isKebab = stage.Name.Length > 0 && stage.Name.All(
            c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        if (!isKebab || string.IsNullOrWhiteSpace(stage.Summary))
        {
            throw new CaseFailedException(
                $"A stage must have a kebab-case name and a summary, got '{stage.Name}' and '{stage.Summary}'.");
        }

        var kind = stage switch
        {
            IRouterDescriptor => StageKind.Router,
            IPrepareAndFinalizeDescriptor => StageKind.PrepareFinalize,
            _ => StageKind.Experts,
        };
        return stage.Kind == kind
            ? stage.Summary
            : throw new CaseFailedException(
                $"Kind of '{stage.Name}' must be {kind} by its contract, got {stage.Kind}.");
    }

    private static string AskAll(IStageDescriptor stage, (string Asked, Func<Support> Query)[] queries)
    {
        var refused = 0;
        foreach (var (asked, query) in queries)
        {
            var answer = Ask(stage, asked, query);
            if (answer.Refusal is { } refusal)
            {
                refused++;
                RefusalCheck.Require($"{asked} by '{stage.Name}'", refusal);
            }

            if (Ask(stage, asked, query).Refusal != answer.Refusal)
            {
                throw new CaseFailedException(
                    $"'{stage.Name}' must answer {asked} the same way twice, got two answers.");
            }
        }

        return $"{queries.Length} asked, {queries.Length - refused} yes, {refused} refused with reasons";
    }

    private static Support Ask(IStageDescriptor stage, string asked, Func<Support> query)
    {
        try
        {
            return query();
        }
#pragma warning disable CA1031 // A query may throw anything; whatever it throws breaks the contract.
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw new CaseFailedException(
                $"'{stage.Name}' must answer {asked} without throwing, got {error.GetType().Name}: {error.Message}");
        }
    }
}
