namespace FusedMoe.Conformance;

/// <summary>Routers alone.</summary>
internal static class RouterCases
{
    private static readonly MoeShape Wide = new(64, 6, 32, 16);

    private static readonly MoeShape[] Shapes =
        [new(8, 1, 32, 16), new(8, 2, 32, 16), new(64, 6, 32, 16), new(256, 8, 32, 16), new(60, 4, 32, 16)];

    public static void AddTo(CaseList list, IRouterDescriptor router)
    {
        foreach (var (name, routing) in LayerVariants.Routings)
        {
            foreach (var shape in Shapes)
            {
                AddRouting(list, router, name, routing, shape);
            }
        }

        AddLogits(list, router);
        AddFused(list, router);
        CallCases.AddTo(list, router);
        if (Claimed(list.Context, router, RoutingSpec.For(RoutingMethod.Renormalize), Wide) is { } problem)
        {
            RouterPromiseCases.AddTo(list, router, problem);
        }

        foreach (var simulation in Enum.GetValues<SimulatedRouting>())
        {
            var routing = RoutingSpec.For(RoutingMethod.Simulated) with { Simulation = simulation, SimulationSeed = 3 };
            if (Claimed(list.Context, router, routing, Wide) is { } simulated)
            {
                var name = $"simulated-{simulation.ToString().ToLowerInvariant()}";
                list.Add(
                    CaseGroups.Routing,
                    name,
                    "Simulated ids are in range and repeat with the seed.",
                    scope => Simulated(scope, router, simulated));
            }
        }
    }

    /// <summary>The problem of a routing when the router's own queries accept it, else null.</summary>
    internal static LayerProblem? Claimed(
        SuiteContext context,
        IRouterDescriptor router,
        RoutingSpec routing,
        MoeShape shape,
        DType logits = DType.Float32,
        int tokens = 33)
    {
        var accepted = !routing.Problems(shape.Experts, shape.TopK).Any()
            && router.SupportsDevice(context.Device.Traits).IsYes
            && router.SupportsRouting(routing).IsYes
            && router.SupportsRouterLogits(logits).IsYes
            && router.SupportsShape(shape).IsYes;
        return accepted
            ? new LayerProblem(
                new MoeLayerSpec(
                    shape, routing, ActivationSpec.Silu, new MoeLayerFeatures { RouterLogitsDType = logits }),
                tokens,
                IdPattern.Routed,
                context.Options.Seed)
            : null;
    }

    internal static string Matches(CaseScope scope, IRouterDescriptor router, LayerProblem problem, DType idType)
    {
        var inputs = scope.Context.Problems.Inputs(problem with { Ids = IdPattern.Random });
        return Matches(scope, router, problem, inputs, idType);
    }

    internal static string Matches(
        CaseScope scope,
        IRouterDescriptor router,
        LayerProblem problem,
        LayerInputs inputs,
        DType idType,
        int firstToken = 0)
    {
        var (ids, weights) = new DirectRouter(scope, router, problem, inputs, idType).Run();
        var expected = Expected(scope, problem, inputs);
        return RouterCheck.Require(
            $"router {router.Name}, {problem}", problem.Layer, expected, ids, weights, firstToken);
    }

    internal static RoutedTokens Expected(CaseScope scope, LayerProblem problem, LayerInputs inputs)
    {
        var tensors = scope.Context.Problems.Weights(problem.Layer, problem.Seed).RouterTensors;
        return ReferenceRouter.Route(problem.Layer, inputs.Logits.ToFloats(), tensors.With(inputs.TokenIds.ToInts()));
    }

    private static void AddRouting(
        CaseList list, IRouterDescriptor router, string name, RoutingSpec routing, MoeShape shape)
    {
        if (Claimed(list.Context, router, routing, shape) is { } problem)
        {
            list.Add(
                CaseGroups.Routing,
                $"{name}-e{shape.Experts}-top{shape.TopK}",
                "Ids and weights are those of the published order of operations.",
                scope => Matches(scope, router, problem, DType.Int32));
        }
    }

    private static void AddLogits(CaseList list, IRouterDescriptor router)
    {
        foreach (var logits in LayerVariants.ActivationTypes)
        {
            foreach (var method in new[] { RoutingMethod.Renormalize, RoutingMethod.DeepSeekV3 })
            {
                if (Claimed(list.Context, router, RoutingSpec.For(method), Wide, logits) is { } problem)
                {
                    list.Add(
                        CaseGroups.DataType,
                        $"logits-{logits.Name()}-{method.ToString().ToLowerInvariant()}",
                        "Logits of this type give the published ids and weights; equal ones go to the lower id.",
                        scope => Matches(scope, router, problem, DType.Int32));
                }
            }
        }
    }

    private static void AddFused(CaseList list, IRouterDescriptor router)
    {
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV3) with
        {
            FusedSharedExperts = 2,
            FusedSharedWeight = 0.5f,
        };
        if (Claimed(list.Context, router, routing, Wide) is { } problem)
        {
            list.Add(
                CaseGroups.Routing,
                "fused-shared-experts",
                "Fused shared experts are appended as ids G, G + 1 with their constant weight.",
                scope => Matches(scope, router, problem, DType.Int32));
        }
    }

    private static string Simulated(CaseScope scope, IRouterDescriptor router, LayerProblem problem)
    {
        var inputs = scope.Context.Problems.Inputs(problem with { Ids = IdPattern.Random });
        var first = new DirectRouter(scope, router, problem, inputs, DType.Int32).Run();
        var second = new DirectRouter(scope, router, problem, inputs, DType.Int32).Run();
        var experts = problem.Layer.Shape.Experts;
        if (Array.FindIndex(first.Ids, id => id < 0 || id >= experts) is >= 0 and var bad)
        {
            throw new CaseFailedException($"Simulated id {bad} must be 0 to {experts - 1}, got {first.Ids[bad]}.");
        }

        OutputCheck.RequireFinite("simulated weights", first.Weights, problem.TopK);
        return first.Ids.SequenceEqual(second.Ids) && first.Weights.SequenceEqual(second.Weights)
            ? "in range, repeated with the seed"
            : throw new CaseFailedException("The same simulation seed must give the same ids and weights, got others.");
    }
}
