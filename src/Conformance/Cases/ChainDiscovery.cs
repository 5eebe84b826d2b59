namespace FusedMoe.Conformance;

/// <summary>Finds the pairs that the composer accepts and the plainest problem of each.</summary>
internal static class ChainDiscovery
{
    /// <summary>Rows of base problems: more than a small tile, not a multiple of one.</summary>
    public const int BaseTokens = 17;

    private static readonly MoeShape[] Shapes = [new(8, 2, 128, 128), new(8, 2, 256, 256)];

    private static readonly AllToAllKind[] Transports =
        [AllToAllKind.AllGather, AllToAllKind.AllToAll, AllToAllKind.Batched];

    public static IEnumerable<ChainSubject> Find(SuiteContext context)
    {
        foreach (var (prepare, experts) in Pairs(context))
        {
            var subject = Subject(context, prepare, experts);
            if (subject.Matches(context.Options) && FindBase(context, subject) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <summary>Every pair of stages of the suite's device, fitting or not.</summary>
    public static IEnumerable<(IPrepareAndFinalizeDescriptor Prepare, IFusedExpertsDescriptor Experts)> Pairs(
        SuiteContext context)
    {
        var kind = context.DeviceId.Kind;
        return
            from prepare in context.Catalog.Stages.OfType<IPrepareAndFinalizeDescriptor>()
            from experts in context.Catalog.Stages.OfType<IFusedExpertsDescriptor>()
            where prepare.DeviceKind == kind && experts.DeviceKind == kind
            select (prepare, experts);
    }

    /// <summary>The pair as a subject whose base problem is a guess: unquantized bf16 on one rank.</summary>
    public static ChainSubject Subject(
        SuiteContext context, IPrepareAndFinalizeDescriptor prepare, IFusedExpertsDescriptor experts)
    {
        string[] plugins = [context.Catalog.PluginOf(prepare), context.Catalog.PluginOf(experts)];
        return new ChainSubject($"{prepare.Name}+{experts.Name}", plugins, [prepare.Name, experts.Name])
        {
            Prepare = prepare,
            Experts = experts,
            Base = Problem(Shapes[0], QuantSpec.None, DType.BFloat16, experts.IsMonolithic, context.Options.Seed)!,
            Topology = Topology.Single,
        };
    }

    private static ChainSubject? FindBase(SuiteContext context, ChainSubject subject)
    {
        var fits = subject.Prepare.IsMonolithic == subject.IsMonolithic
            && subject.Prepare.ActivationFormat == subject.Experts.ActivationFormat;
        var candidates =
            from topology in fits ? Topologies() : []
            from problem in Problems(context, subject)
            select subject with { Base = problem, Topology = topology };
        return candidates.FirstOrDefault(s => new LayerRun(s, s.Base).IsAccepted(context));
    }

    private static IEnumerable<Topology> Topologies() =>
        Transports.Select(t => new Topology(1, t)).Prepend(Topology.Single).Concat(
            Transports.Select(t => new Topology(2, t)));

    private static IEnumerable<LayerProblem> Problems(SuiteContext context, ChainSubject subject)
    {
        var points = LayerVariants.ActivationTypes.Select(d => (QuantSpec.None, d))
            .Concat(LayerVariants.NaturalQuants.Select(q => (q, DType.BFloat16)));
        return
            from point in points
            from shape in Shapes
            let problem = Problem(shape, point.Item1, point.Item2, subject.IsMonolithic, context.Options.Seed)
            where problem is not null
            select problem;
    }

    private static LayerProblem? Problem(MoeShape shape, QuantSpec quant, DType dtype, bool isMonolithic, int seed)
    {
        var features = new MoeLayerFeatures { ActivationDType = dtype, WeightDType = dtype, Quant = quant };
        var layer = new MoeLayerSpec(shape, RoutingSpec.For(RoutingMethod.Renormalize), ActivationSpec.Silu, features);
        return new LayerProblem(layer, BaseTokens, isMonolithic ? IdPattern.Routed : IdPattern.Random, seed);
    }
}
