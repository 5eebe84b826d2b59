namespace FusedMoe.Experts.Triton;

/// <summary>The path for a few tokens: two kernels, no sorting, every pair streams its expert's weights.</summary>
internal sealed class TinyRun(TritonLayer layer, TritonLauncher launcher)
{
    /// <summary>Enqueues one call.</summary>
    public void Run(
        in ExpertsCall call, TritonKernels kernels, TritonProduct first, TritonProduct second, IComputeStream stream)
    {
        var tokens = (int)call.HiddenStates.Shape[0];
        var flags = RoutingFlags.Of(call);
        // The output shares workspace13, and the second kernel writes it while it reads the activation.
        var activated = call.Workspace2.Pointer;
        var gateColumns = GemmGrid.Divide(first.Shape.Width, kernels.First.Entry.Constant("BLOCK_N"));
        var gateUp = GateUp(call, first, activated, tokens, flags);
        launcher.Run(kernels.First, gateUp, gateColumns * tokens * layer.Shape.TopK, 1, stream);
        var downColumns = GemmGrid.Divide(layer.Shape.Hidden, kernels.Second.Entry.Constant("BLOCK_N"));
        launcher.Run(kernels.Second, Down(call, second, activated, tokens, flags), downColumns * tokens, 1, stream);
    }

    private TinyGateUpArgs GateUp(
        in ExpertsCall call, TritonProduct product, nint output, int tokens, GemmFlags flags) => new()
        {
            x_ptr = call.HiddenStates.Pointer,
            w_ptr = product.Weight.Pointer,
            out_ptr = output,
            bias_f32_ptr = product.Bias.Pointer,
            bias_ptr = product.Bias.Pointer,
            ids_ptr = call.TopKIds.Pointer,
            map_ptr = call.ExpertMap.Pointer,
            valid_ptr = call.ValidTokens.Pointer,
            n_out = product.Shape.Width,
            k_size = product.Shape.Depth,
            tokens = tokens,
            top_k = layer.Shape.TopK,
            global_experts = call.GlobalExperts,
            local_experts = layer.LocalExperts,
            stride_xm = product.Shape.Depth,
            stride_we = product.ExpertStride,
            stride_wn = product.RowStride,
            stride_om = product.Shape.Width,
            bias_stride = product.Bias.IsNone ? 0 : (int)product.Bias.Strides[0],
            epilogue = product.Epilogue with { flags = product.Epilogue.flags | (flags & ~GemmFlags.RouterWeight) },
        };

    private TinyDownArgs Down(
        in ExpertsCall call, TritonProduct product, nint input, int tokens, GemmFlags flags) => new()
        {
            a_ptr = input,
            w_ptr = product.Weight.Pointer,
            out_ptr = call.Output.Pointer,
            bias_f32_ptr = product.Bias.Pointer,
            bias_ptr = product.Bias.Pointer,
            ids_ptr = call.TopKIds.Pointer,
            map_ptr = call.ExpertMap.Pointer,
            weights_ptr = call.TopKWeights.Pointer,
            valid_ptr = call.ValidTokens.Pointer,
            n_out = product.Shape.Width,
            k_size = product.Shape.Depth,
            tokens = tokens,
            top_k = layer.Shape.TopK,
            global_experts = call.GlobalExperts,
            local_experts = layer.LocalExperts,
            stride_am = product.Shape.Depth,
            stride_we = product.ExpertStride,
            stride_wn = product.RowStride,
            stride_om = (int)call.Output.Strides[0],
            bias_stride = product.Bias.IsNone ? 0 : (int)product.Bias.Strides[0],
            flags = product.Epilogue.flags | flags,
        };
}
