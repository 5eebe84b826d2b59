using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>The second product of sorted pairs, and the weighted sum over slots.</summary>
internal sealed class CutlassDown(CutlassLayer layer, CutlassLauncher launcher, ITopKWeightAndReduce sum)
{
    /// <summary>Enqueues both.</summary>
    /// <param name="call">The call, whose output is written.</param>
    /// <param name="tile">Its tile.</param>
    /// <param name="args">Arguments of the second product.</param>
    /// <param name="tables">Which rows belong to which expert.</param>
    /// <param name="slots">Room for a row a pair.</param>
    /// <param name="stream">Where to enqueue.</param>
    public void Run(
        in ExpertsCall call, CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, nint slots, IComputeStream stream)
    {
        launcher.Second(tile, args, tables, slots, stream);
        var rows = new TensorShape(call.Output.Shape[0], layer.Shape.TopK, layer.Shape.Hidden);
        var reduction = new WeightAndReduceCall
        {
            Output = call.Output,
            ExpertOutput = TensorView.Contiguous(slots, layer.DType, rows, call.Output.Device),
            TopKWeights = call.TopKWeights,
            TopKIds = call.TopKIds,
            ExpertMap = call.ExpertMap,
            GlobalExperts = call.GlobalExperts,
            RouterWeightOnInput = call.RouterWeightOnInput,
            ValidTokens = call.ValidTokens,
        };
        sum.Apply(reduction, stream);
    }
}
