using FusedMoe.Cuda;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Loads a layer's kernels and launches them: one persistent block a multiprocessor.</summary>
internal sealed class CutlassLauncher
{
    private readonly Dictionary<(CutlassEpilogue Epilogue, CutlassTile Tile), CudaKernel> _kernels = [];
    private readonly KernelLaunch _launch;

    /// <summary>Loads every tile's kernels of a layer, so that no call loads one.</summary>
    public CutlassLauncher(KernelLibrary library, CutlassLayer layer, IComputeDevice device, bool isProgrammatic)
    {
        _launch = new KernelLaunch(device.Traits.Processors) { IsProgrammatic = isProgrammatic };
        foreach (var tile in CutlassTile.All)
        {
            foreach (var epilogue in new[] { layer.Epilogue, CutlassEpilogue.Plain })
            {
                _kernels.TryAdd((epilogue, tile), library.Get(CutlassImages.Key(layer.DType, epilogue, tile), device));
            }
        }
    }

    /// <summary>Enqueues one product.</summary>
    public void Launch(
        CutlassEpilogue epilogue, CutlassTile tile, GroupedGemmArgs args, in CutlassTables tables, in CutlassRows rows, IComputeStream stream)
    {
        args.rows = rows.Input;
        args.output = rows.Output;
        args.num_pairs = (uint)rows.Pairs;
        args.pairs_per_row = (uint)rows.PairsPerRow;
        args.sorted_pairs = tables.SortedPairs;
        args.block_experts = tables.BlockExperts;
        args.padded_rows = tables.PaddedRows;
        args.expert_map = tables.ExpertMap;
        args.valid_tokens = tables.ValidTokens;
        _kernels[(epilogue, tile)].Launch(args, _launch, stream);
    }
}
