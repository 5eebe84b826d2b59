namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>Weights and sums <c>[M, k, K]</c> float32 rows, one element after the other.</summary>
internal sealed unsafe class ToyWeightAndReduce(WeightAndReduceSpec spec) : ITopKWeightAndReduceProvider, ITopKWeightAndReduce
{
    public DeviceKind DeviceKind => DeviceKind.Cpu;

    public WeightAndReduceSpec Spec => spec;

    public ITopKWeightAndReduce Create(WeightAndReduceSpec asked, IComputeDevice device) => new ToyWeightAndReduce(asked);

    public void Apply(in WeightAndReduceCall call, IComputeStream stream)
    {
        if (spec != WeightAndReduceSpec.Contiguous)
        {
            throw new ArgumentException($"The toy strategy must be asked for Contiguous, got {spec.Kind}.");
        }

        var (rows, topK, hidden) = (
            (int)call.ExpertOutput.Shape[0], (int)call.ExpertOutput.Shape[1], (int)call.ExpertOutput.Shape[2]);
        var ids = (int*)call.TopKIds.Pointer;
        var weights = (float*)call.TopKWeights.Pointer;
        var source = (float*)call.ExpertOutput.Pointer;
        var target = (float*)call.Output.Pointer;
        var map = (int*)call.ExpertMap.Pointer;
        new Span<float>(target, rows * hidden).Clear();
        for (var pair = 0; pair < rows * topK; pair++)
        {
            var id = ids[pair];
            if (id < 0 || id >= call.GlobalExperts || (map is not null && map[id] < 0))
            {
                continue;
            }

            var weight = call.RouterWeightOnInput ? 1f : weights[pair];
            for (var c = 0; c < hidden; c++)
            {
                target[(pair / topK * hidden) + c] += weight * source[(pair * hidden) + c];
            }
        }
    }
}
