namespace FusedMoe.Conformance;

/// <summary>Calls with one wrong tensor: refused by name, nothing written.</summary>
internal static class CallCases
{
    private const string Description =
        "A call with a tensor that is missing or of another shape or type is refused by name, and nothing is written.";

    public static void AddTo(CaseList list, ChainSubject subject)
    {
        var run = new LayerRun(subject, subject.Base);
        list.Add(CaseGroups.Arguments, "experts-call", Description, scope => subject.IsMonolithic
            ? Monolithic(scope, run)
            : Count(RankGroup.Run(scope, run, (rankScope, rank, communicator) =>
                Modular(rankScope, run, rank, communicator)).Sum()));
    }

    public static void AddTo(CaseList list, IRouterDescriptor router)
    {
        foreach (var name in new[] { "renormalize", "deepseek-v3", "hash" })
        {
            var routing = LayerVariants.Routings.First(r => r.Name == name).Spec;
            if (RouterCases.Claimed(list.Context, router, routing, new MoeShape(8, 2, 32, 16)) is { } problem)
            {
                list.Add(CaseGroups.Arguments, $"route-call-{name}", Description, scope => Route(scope, router, problem));
            }
        }
    }

    private static int Modular(CaseScope scope, LayerRun run, int rank, ICommunicator? communicator)
    {
        var chain = new DirectChain(scope, run, rank, communicator);
        if (chain.Dispatch() is not { } call)
        {
            return 0;
        }

        var isBatched = run.Subject.Experts.ActivationFormat == ActivationFormat.Batched;
        var wrong = new WrongCalls<ExpertsCall>(scope, call, call.Output, c => chain.Experts.Apply(c, scope.Stream));
        wrong.Require("hidden states", call.HiddenStates, (c, t) => c with { HiddenStates = t }, isSized: false);
        wrong.Require("output", call.Output, (c, t) => c with { Output = t });
        wrong.Require("top-k ids", isBatched ? TensorView.None : call.TopKIds, (c, t) => c with { TopKIds = t });
        wrong.Require("top-k weights", isBatched ? TensorView.None : call.TopKWeights, (c, t) => c with { TopKWeights = t });
        wrong.Require(
            "expert tokens",
            isBatched ? call.ExpertTokens.Counts : TensorView.None,
            (c, t) => c with { ExpertTokens = new ExpertTokens(t, TensorView.None) });
        wrong.Refuse("workspace2", WrongTensors.Small(call.Workspace2), (c, t) => c with { Workspace2 = t });
        wrong.Refuse("valid tokens", WrongTensors.Pair(scope, !isBatched), (c, t) => c with { ValidTokens = t });
        wrong.Refuse("expert map", WrongTensors.Pair(scope, true), (c, t) => c with { ExpertMap = t });
        return wrong.Refused;
    }

    private static string Monolithic(CaseScope scope, LayerRun run)
    {
        var chain = new DirectMonolithicChain(scope, run);
        var call = chain.Dispatch();
        var wrong = new WrongCalls<MonolithicExpertsCall>(
            scope, call, call.Output, c => chain.Experts.Apply(c, scope.Stream));
        wrong.Require("hidden states", call.HiddenStates, (c, t) => c with { HiddenStates = t }, isSized: false);
        wrong.Require("output", call.Output, (c, t) => c with { Output = t });
        wrong.Require("router logits", call.RouterLogits, (c, t) => c with { RouterLogits = t });
        wrong.Refuse("workspace2", WrongTensors.Small(call.Workspace2), (c, t) => c with { Workspace2 = t });
        wrong.Refuse("valid tokens", WrongTensors.Pair(scope, true), (c, t) => c with { ValidTokens = t });
        wrong.Refuse("expert map", WrongTensors.Pair(scope, true), (c, t) => c with { ExpertMap = t });
        return Count(wrong.Refused);
    }

    private static string Route(CaseScope scope, IRouterDescriptor descriptor, LayerProblem problem)
    {
        var inputs = scope.Context.Problems.Inputs(problem with { Ids = IdPattern.Random });
        var router = new DirectRouter(scope, descriptor, problem, inputs, DType.Int32);
        var call = router.Call();
        var wrong = new WrongCalls<RouteCall>(scope, call, call.TopKWeights, c => router.Enqueue(c));
        wrong.Require("router logits", call.Logits, (c, t) => c with { Logits = t });
        wrong.Require("correction bias", call.CorrectionBias, (c, t) => c with { CorrectionBias = t });
        wrong.Require("hash table", call.HashTable, (c, t) => c with { HashTable = t }, isSized: false);
        wrong.Require("token ids", call.TokenIds, (c, t) => c with { TokenIds = t });
        wrong.Require("top-k ids", call.TopKIds, (c, t) => c with { TopKIds = t }, isSized: false);
        wrong.Require("top-k weights", call.TopKWeights, (c, t) => c with { TopKWeights = t });
        wrong.Refuse("valid tokens", WrongTensors.Pair(scope, true), (c, t) => c with { ValidTokens = t });
        return Count(wrong.Refused);
    }

    private static string Count(int refused) => $"{refused} wrong calls refused";
}
