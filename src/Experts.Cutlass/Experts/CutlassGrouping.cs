using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Groups the pairs of a call by expert: the alignment does, or each block where they are few.</summary>
internal sealed class CutlassGrouping(CutlassLayer layer, CutlassWorkspace workspace, IExpertAlignment alignment)
{
    /// <summary>The tables of a call's products, whichever way its pairs are grouped.</summary>
    /// <param name="call">The call; its workspace2 holds the tables.</param>
    /// <param name="tile">Tile of both products.</param>
    /// <param name="stream">Where to enqueue the alignment of calls that need it.</param>
    public CutlassTables Group(in ExpertsCall call, CutlassTile tile, IComputeStream stream) =>
        CutlassGroupingHeuristic.GroupsInBlocks(tile, call.TopKIds.Elements) ? InBlocks(call) : Align(call, stream);

    /// <summary>Enqueues the alignment of a call of any size. Returns its tables.</summary>
    /// <param name="call">The call; its workspace2 holds the tables.</param>
    /// <param name="stream">Where to enqueue.</param>
    public CutlassTables Align(in ExpertsCall call, IComputeStream stream)
    {
        var pairs = checked((int)call.TopKIds.Elements);
        var regions = workspace.Regions(pairs);
        var space = call.Workspace2;
        var sorted = DeviceRegion.View(space, regions.SortedPairs, DType.Int32, new TensorShape(pairs));
        var offsets = DeviceRegion.View(space, regions.ExpertOffsets, DType.Int32, new TensorShape(layer.LocalExperts + 1));
        alignment.Align(
            new ExpertAlignmentCall
            {
                TopKIds = call.TopKIds,
                ExpertMap = call.ExpertMap,
                GlobalExperts = call.GlobalExperts,
                LocalExperts = layer.LocalExperts,
                BlockSize = 1,
                ValidTokens = call.ValidTokens,
                Scratch = regions.ScratchBytes == 0
                    ? TensorView.None
                    : DeviceRegion.View(space, regions.Scratch, DType.UInt8, new TensorShape(regions.ScratchBytes)),
                SortedPairs = sorted,
                ExpertOffsets = offsets,
            },
            stream);
        return new CutlassTables(sorted.Pointer, offsets.Pointer, 0, 0);
    }

    private CutlassTables InBlocks(in ExpertsCall call) => new(0, 0, 0, 0)
    {
        Pairs = new CutlassPairs(
            call.TopKIds.Pointer,
            call.ExpertMap.Pointer,
            call.ValidTokens.Pointer,
            checked((int)call.TopKIds.Elements),
            layer.Shape.TopK,
            call.GlobalExperts),
    };
}
