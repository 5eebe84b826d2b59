namespace FusedMoe.Conformance;

/// <summary>What a layer may have beside sizes, types, activation and routing.</summary>
internal static class FeatureCases
{
    private static readonly string[] BiasedActivations = ["silu", "swigluoai", "relu2-no-mul"];

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        foreach (var name in BiasedActivations)
        {
            var activation = LayerVariants.Activations.First(a => a.Name == name).Spec;
            var problem = subject.Base.With(activation: activation, features: f => f with { HasExpertBias = true });
            Add(list, subject, $"bias-{name}", "Both products add their bias.", problem);
        }

        AddFloat32Bias(list, subject);
        Add(
            list,
            subject,
            "router-weight-on-input",
            "The router weight multiplies the input once and the output not at all.",
            subject.Base.With(
                subject.Base.Layer.Shape with { TopK = 1 }, features: f => f with { RouterWeightOnInput = true }));
        AddSharedExperts(list, subject);
    }

    private static void Add(
        CaseList list, ChainSubject subject, string name, string description, LayerProblem? problem) =>
        list.AddClaimed(
            CaseGroups.Features, name, description, problem is null ? null : new LayerRun(subject, problem));

    private static void AddSharedExperts(CaseList list, ChainSubject subject)
    {
        var routing = RoutingSpec.For(RoutingMethod.Renormalize) with
        {
            FusedSharedExperts = 2,
            FusedSharedWeight = 0.5f,
        };
        Add(
            list,
            subject,
            "fused-shared-experts",
            "Shared experts fused as experts G and G + 1 get every token with their constant weight.",
            subject.Base.With(routing: routing)! with { Ids = IdPattern.Routed });
        if (!list.Context.DeviceServices<ILayerOps>().Any())
        {
            return;
        }

        Add(
            list,
            subject,
            "identity-experts",
            "Tokens whose router chooses identity experts gain their hidden state times the weights.",
            subject.Base.With(routing: RoutingSpec.For(RoutingMethod.Renormalize) with { IdentityExperts = 5 })! with
            {
                Ids = IdPattern.Gated,
            });
        Add(
            list,
            subject,
            "shared-experts",
            "Shared experts are added to the routed output.",
            subject.Base.With(features: f => f with { SharedExperts = new SharedExpertsSpec(96) }));
        Add(
            list,
            subject,
            "shared-experts-gate",
            "The sigmoid gate scales the shared experts' output.",
            subject.Base.With(features: f => f with { SharedExperts = new SharedExpertsSpec(64, HasGate: true) }));
        Add(
            list,
            subject,
            "shared-experts-activation",
            "Shared experts may have an activation of their own.",
            subject.Base.With(activation: ActivationSpec.Silu, features: f => f with
            {
                SharedExperts = new SharedExpertsSpec(64) { Activation = new ActivationSpec(ActivationKind.Silu, 0.5f) },
            }));
    }

    private static void AddFloat32Bias(CaseList list, ChainSubject subject)
    {
        var biased = subject.Base.With(features: f => f with { HasExpertBias = true });
        if (biased is not { } problem || !new LayerRun(subject, problem).IsAccepted(list.Context))
        {
            return;
        }

        var run = new LayerRun(subject, problem);
        list.Add(CaseGroups.Features, "bias-float32", "Biases may be float32 whatever the weight type.", scope =>
        {
            var weights = scope.Context.Problems.Weights(problem.Layer, problem.Seed);
            return LayerCheck.Matches(scope, run with
            {
                Weights = weights with { W13Bias = Widen(weights.W13Bias!), W2Bias = Widen(weights.W2Bias!) },
                Inputs = scope.Context.Problems.Inputs(problem),
            });
        });

        static HostTensor Widen(HostTensor bias) => HostTensor.FromFloats(DType.Float32, bias.Shape, bias.ToFloats());
    }
}
