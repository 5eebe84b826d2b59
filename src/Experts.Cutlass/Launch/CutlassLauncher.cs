using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Loads a layer's kernels and launches them: one persistent block a multiprocessor.</summary>
internal sealed class CutlassLauncher
{
    private readonly Dictionary<CutlassTile, (CudaKernel First, CudaKernel Second)> _kernels = [];
    private readonly int _processors;
    private readonly bool _isProgrammatic;

    /// <summary>Loads every tile's kernels of a layer, so that no call loads one.</summary>
    public CutlassLauncher(KernelLibrary library, CutlassLayer layer, IComputeDevice device, bool isProgrammatic)
    {
        (_processors, _isProgrammatic) = (device.Traits.Processors, isProgrammatic);
        foreach (var tile in CutlassTile.All)
        {
            _kernels[tile] = (
                library.Get(CutlassImages.FirstKey(layer.DType, layer.Epilogue, tile), device),
                library.Get(CutlassImages.SecondKey(layer.DType, tile), device));
        }
    }

    /// <summary>Enqueues the first product: gathers rows, writes them in the order of experts.</summary>
    public void First(
        CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, in CutlassRows rows, IComputeStream stream)
    {
        args.rows = rows.Input;
        args.output = rows.Output;
        args.pairs_per_row = (uint)rows.PairsPerRow;
        Launch(_kernels[tile].First, tile, args, tables, stream);
    }

    /// <summary>Enqueues the second product: reads rows in the order of experts, writes each to its pair.</summary>
    /// <param name="tile">Tile.</param>
    /// <param name="args">Arguments with weights and sorted rows.</param>
    /// <param name="tables">Which rows belong to which expert.</param>
    /// <param name="output">One row a pair.</param>
    /// <param name="stream">Where to enqueue.</param>
    public void Second(CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, nint output, IComputeStream stream)
    {
        args.output = output;
        Launch(_kernels[tile].Second, tile, args, tables, stream);
    }

    private void Launch(
        CudaKernel kernel, CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, IComputeStream stream)
    {
        args.sorted_pairs = tables.SortedPairs;
        args.expert_offsets = tables.ExpertOffsets;
        args.expert_counts = tables.ExpertCounts;
        args.rows_per_expert = (uint)tables.RowsPerExpert;
        args.ids = tables.Pairs.Ids;
        args.expert_map = tables.Pairs.ExpertMap;
        args.valid_tokens = tables.Pairs.ValidTokens;
        args.num_pairs = (uint)tables.Pairs.Count;
        args.top_k = (uint)tables.Pairs.TopK;
        args.global_experts = (uint)tables.Pairs.GlobalExperts;
        var blocks = _processors / tile.ClusterBlocks * tile.ClusterBlocks;
        kernel.Launch(args, new KernelLaunch(blocks) { IsProgrammatic = _isProgrammatic }, stream);
    }
}
