namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Routes to the best expert with weight 1.</summary>
internal sealed class FakeMonolithicExperts(FakeExpertsDescriptor descriptor, MoeLayerSpec layer, CallLog log)
    : IMonolithicFusedExperts
{
    public IFusedExpertsDescriptor Descriptor => descriptor;

    public DType WorkspaceDType => DType.Float32;

    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream) =>
        new FakeWeights(source, descriptor.WeightLayout);

    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => new(
        default, new TensorShape(layer.Shape.Intermediate), new TensorShape(problem.Tokens, problem.Hidden));

    public void Apply(in MonolithicExpertsCall call, IComputeStream stream)
    {
        log.Add("monolithic");
        var (rows, hidden, experts) = ((int)call.HiddenStates.Shape[0], layer.Shape.Hidden, layer.Shape.Experts);
        call.Output.AsSpan<float>().Clear();
        for (var m = 0; m < rows; m++)
        {
            var logits = call.RouterLogits.AsSpan<float>().Slice(m * experts, experts);
            var best = Best(logits);
            ExpertMath.Add(
                call.HiddenStates.AsSpan<float>().Slice(m * hidden, hidden), call.Weights.Weights, best, 1,
                call.Output.AsSpan<float>().Slice(m * hidden, hidden), call.Workspace2.AsSpan<float>());
        }
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var e = 1; e < logits.Length; e++)
        {
            best = logits[e] > logits[best] ? e : best;
        }

        return best;
    }

    public void Dispose()
    {
    }
}
