namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>
/// Plain float32 experts of the standard format; writes workspace13 before the output, as real ones do.
/// </summary>
internal sealed class FakeExperts(FakeExpertsDescriptor descriptor, MoeLayerSpec layer, CallLog log) : IFusedExperts
{
    public IFusedExpertsDescriptor Descriptor => descriptor;

    public WeightAndReduceSpec WeightAndReduce => descriptor.WeightAndReduce;

    public DType WorkspaceDType => DType.Float32;

    private bool IsPerSlot => descriptor.WeightAndReduce.Kind == WeightAndReduceKind.Contiguous;

    public IPreparedWeights PrepareWeights(ExpertWeights source, IComputeStream stream)
    {
        descriptor.Prepared++;
        return new FakeWeights(source, descriptor.WeightLayout);
    }

    public WorkspaceShapes WorkspaceShapes(in ExpertsProblem problem) => new(
        new TensorShape(problem.Tokens, problem.Hidden),
        new TensorShape(layer.Shape.Intermediate),
        IsPerSlot
            ? new TensorShape(problem.Tokens, problem.TopK, problem.Hidden)
            : new TensorShape(problem.Tokens, problem.Hidden));

    public ExpertsResult Apply(in ExpertsCall call, IComputeStream stream)
    {
        if (log.IsOn)
        {
            var configuration = call.Configuration is { } name ? " " + name : string.Empty;
            log.Add($"experts {descriptor.Name} {call.HiddenStates.Shape[0]}{configuration}");
        }

        if (call.DeferFinalize)
        {
            return new ExpertsResult(call.Workspace13, call.TopKWeights, call.TopKIds);
        }

        call.Workspace13.AsSpan<float>().Fill(float.NaN);
        var output = call.Output.AsSpan<float>();
        output.Clear();
        var (rows, hidden) = ((int)call.HiddenStates.Shape[0], layer.Shape.Hidden);
        var k = (int)call.TopKIds.Shape[1];
        for (var p = 0; p < rows * k; p++)
        {
            var id = call.TopKIds.AsSpan<int>()[p];
            var local = (uint)id >= (uint)call.GlobalExperts
                ? -1
                : call.ExpertMap.IsNone ? id : call.ExpertMap.AsSpan<int>()[id];
            if (local >= 0)
            {
                var row = call.HiddenStates.AsSpan<float>().Slice(p / k * hidden, hidden);
                var weight = IsPerSlot || call.RouterWeightOnInput ? 1 : call.TopKWeights.AsSpan<float>()[p];
                var target = output.Slice((IsPerSlot ? p : p / k) * hidden, hidden);
                ExpertMath.Add(row, call.Weights.Weights, local, weight, target, call.Workspace2.AsSpan<float>());
            }
        }

        return ExpertsResult.Finished;
    }

    public void Dispose()
    {
    }
}
