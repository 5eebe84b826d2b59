using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Loads a layer's kernels and launches them: one persistent block a multiprocessor.</summary>
internal sealed class CutlassLauncher
{
    private readonly Dictionary<(CutlassEpilogue Epilogue, CutlassTile Tile), CudaKernel> _kernels = [];
    private readonly int _processors;
    private readonly bool _isProgrammatic;

    /// <summary>Loads every tile's kernels of a layer, so that no call loads one.</summary>
    public CutlassLauncher(KernelLibrary library, CutlassLayer layer, IComputeDevice device, bool isProgrammatic)
    {
        (_processors, _isProgrammatic) = (device.Traits.Processors, isProgrammatic);
        foreach (var tile in CutlassTile.All)
        {
            foreach (var epilogue in new[] { layer.Epilogue, CutlassEpilogue.Plain })
            {
                _kernels.TryAdd((epilogue, tile), library.Get(CutlassImages.Key(layer.DType, epilogue, tile), device));
            }
        }
    }

    /// <summary>Enqueues the first product, with the layer's epilogue or a plain one.</summary>
    public void First(
        CutlassEpilogue epilogue, CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, in CutlassRows rows, IComputeStream stream)
    {
        args.tile_counter = tables.Counters;
        Launch(epilogue, tile, args, tables, rows, stream);
    }

    /// <summary>Enqueues the second product.</summary>
    public void Second(CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, in CutlassRows rows, IComputeStream stream)
    {
        args.tile_counter = tables.Counters == 0 ? 0 : tables.Counters + sizeof(int);
        Launch(CutlassEpilogue.Plain, tile, args, tables, rows, stream);
    }

    private void Launch(
        CutlassEpilogue epilogue, CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, in CutlassRows rows, IComputeStream stream)
    {
        args.rows = rows.Input;
        args.output = rows.Output;
        args.pairs_per_row = (uint)rows.PairsPerRow;
        args.sorted_pairs = tables.SortedPairs;
        args.expert_offsets = tables.ExpertOffsets;
        args.expert_counts = tables.ExpertCounts;
        args.rows_per_expert = (uint)tables.RowsPerExpert;
        var launch = new KernelLaunch(_processors / tile.ClusterBlocks * tile.ClusterBlocks) { IsProgrammatic = _isProgrammatic };
        _kernels[(epilogue, tile)].Launch(args, launch, stream);
    }
}
