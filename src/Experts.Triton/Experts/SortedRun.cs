using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>The path with sorted pairs: align, first product, activation, second product, weighted sum.</summary>
internal sealed class SortedRun(
    TritonLayer layer, TritonLauncher launcher, IExpertAlignment alignment, InnerActivation inner, CudaKernel? sum)
{
    /// <summary>Enqueues one call.</summary>
    public void Run(
        in ExpertsCall call, TritonKernels kernels, TritonProduct first, TritonProduct second,
        in WorkspaceRegions regions, IComputeStream stream)
    {
        var pairs = (int)call.TopKIds.Elements;
        Align(call, regions, kernels.Choice.First.Tile.BlockM, stream);
        var rows = Rows(call, regions, pairs, kernels.Choice.SharedRowBlocks);
        var (space13, space2) = (call.Workspace13.Pointer, call.Workspace2.Pointer);
        var expected = layer.ExpectedPairs((int)call.HiddenStates.Shape[0], call.TokensHint);
        var tile = kernels.Choice.First.Tile;

        // Who writes where is the table in TritonWorkspace.
        var activated = inner.Quant is null ? space13 : space2;
        var firstOutput = inner.IsFused ? activated : Unactivated(space2, pairs);
        ClearDeadRows(activated, pairs, stream);
        launcher.Product(
            kernels.First, first, new GemmInput(call.HiddenStates.Pointer, call.HiddenScales), firstOutput,
            rows with { Divisor = layer.Shape.TopK },
            GemmGrid.Programs(tile, first.Shape, expected, layer.LocalExperts), stream);
        if (!inner.IsFused)
        {
            inner.Activate(firstOutput, activated, Routing(call, pairs), stream);
        }

        var input = SecondInput(call, second, activated, pairs, regions, stream);
        launcher.Product(
            kernels.Second, second, input, space2, rows,
            GemmGrid.Programs(kernels.Choice.Second.Tile, second.Shape, expected, layer.LocalExperts), stream);
        Sum(call, space2, stream);
    }

    // A quantized layer keeps the activation output at the front of workspace2, so the wider rows lie behind it.
    private nint Unactivated(nint space2, int pairs) => inner.Quant is null
        ? space2
        : space2 + (nint)((long)pairs * layer.Shape.Intermediate * layer.DType.Bytes());

    private void ClearDeadRows(nint activated, int pairs, IComputeStream stream)
    {
        if (inner.ReadsDeadRows)
        {
            stream.Fill(activated, 0, (long)pairs * layer.Shape.Intermediate * layer.DType.Bytes());
        }
    }

    private GemmInput SecondInput(
        in ExpertsCall call, TritonProduct second, nint activated, int pairs, in WorkspaceRegions regions,
        IComputeStream stream)
    {
        if (inner.Quant is null)
        {
            return new GemmInput(activated, TensorView.None);
        }

        var shape = new TensorShape(pairs, layer.Shape.Intermediate);
        var view = TensorView.Contiguous(activated, layer.DType, shape, call.HiddenStates.Device);
        var scales = call.Workspace2.Pointer + (nint)regions.InnerScales;
        return inner.Quantize(
            view, call.ValidTokens, layer.Shape.TopK, second, call.Workspace13.Pointer, scales, stream);
    }

    private void Align(in ExpertsCall call, in WorkspaceRegions regions, int block, IComputeStream stream)
    {
        var space = call.Workspace2;
        TensorView Table(long offset, int entries) =>
            DeviceRegion.View(space, offset, DType.Int32, new TensorShape(entries));
        alignment.Align(
            new ExpertAlignmentCall
            {
                TopKIds = call.TopKIds,
                ExpertMap = call.ExpertMap,
                GlobalExperts = call.GlobalExperts,
                LocalExperts = layer.LocalExperts,
                BlockSize = block,
                ValidTokens = call.ValidTokens,
                Scratch = regions.ScratchBytes == 0
                    ? TensorView.None
                    : DeviceRegion.View(space, regions.Scratch, DType.UInt8, new TensorShape(regions.ScratchBytes)),
                SortedPairs = Table(regions.SortedPairs, regions.Capacity),
                BlockExperts = Table(regions.BlockExperts, regions.Blocks),
                PaddedRows = Table(regions.PaddedRows, 1),
            },
            stream);
    }

    private GemmRows Rows(in ExpertsCall call, in WorkspaceRegions regions, int pairs, int shared)
    {
        var space = call.Workspace2.Pointer;
        return new GemmRows(
            space + (nint)regions.SortedPairs, space + (nint)regions.BlockExperts, space + (nint)regions.PaddedRows,
            pairs, 1, layer.LocalExperts, shared);
    }

    private ActivateRowsArgs Routing(in ExpertsCall call, int pairs) => new()
    {
        ids_ptr = call.TopKIds.Pointer,
        map_ptr = call.ExpertMap.Pointer,
        valid_ptr = call.ValidTokens.Pointer,
        rows = pairs,
        top_k = layer.Shape.TopK,
        global_experts = call.GlobalExperts,
        local_experts = layer.LocalExperts,
        rows_per_expert = 1,
        flags = RoutingFlags.Of(call) & ~GemmFlags.RouterWeight,
    };

    private void Sum(in ExpertsCall call, nint rows, IComputeStream stream)
    {
        var kernel = sum ?? throw new InvalidOperationException(
            $"Top-k {layer.Shape.TopK} must have a kernel image of the weighted sum, got none.");
        var tokens = (int)call.HiddenStates.Shape[0];
        var args = new WeightedSumArgs
        {
            x_ptr = rows,
            out_ptr = call.Output.Pointer,
            ids_ptr = call.TopKIds.Pointer,
            map_ptr = call.ExpertMap.Pointer,
            weights_ptr = call.TopKWeights.Pointer,
            valid_ptr = call.ValidTokens.Pointer,
            n_out = layer.Shape.Hidden,
            tokens = tokens,
            top_k = layer.Shape.TopK,
            global_experts = call.GlobalExperts,
            local_experts = layer.LocalExperts,
            stride_xm = layer.Shape.Hidden,
            stride_om = (int)call.Output.Strides[0],
            flags = RoutingFlags.Of(call),
        };
        var columns = GemmGrid.Divide(layer.Shape.Hidden, kernel.Entry.Constant("BLOCK_N"));
        launcher.Run(kernel, args, tokens, (int)columns, stream);
    }
}
