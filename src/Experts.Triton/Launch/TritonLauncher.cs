using FusedMoe.Cuda;

namespace FusedMoe.Experts.Triton;

/// <summary>Binds arguments and launches; knows no reason for a tile.</summary>
/// <param name="layer">The layer.</param>
/// <param name="isProgrammatic">True to let kernels start while their predecessors drain.</param>
internal sealed class TritonLauncher(TritonLayer layer, bool isProgrammatic)
{
    /// <summary>Enqueues a grouped product with <paramref name="blocks"/> programs.</summary>
    public void Product(
        CudaKernel kernel, TritonProduct product, in GemmInput input, nint output, in GemmRows rows, long blocks,
        IComputeStream stream)
    {
        var launch = Launch(kernel, blocks);
        switch (layer.Scheme.Family)
        {
            case TritonKernelFamily.Grouped:
                kernel.Launch(Grouped(product, input, output, rows), launch, stream);
                break;
            case TritonKernelFamily.Scaled:
                kernel.Launch(Scaled(product, input, output, rows), launch, stream);
                break;
            default:
                kernel.Launch(WeightOnly(product, input, output, rows), launch, stream);
                break;
        }
    }

    /// <summary>Enqueues a kernel with bound arguments.</summary>
    public void Run<TArgs>(CudaKernel kernel, in TArgs args, long blocksX, int blocksY, IComputeStream stream)
        where TArgs : unmanaged => kernel.Launch(args, Launch(kernel, blocksX) with { GridY = blocksY }, stream);

    private KernelLaunch Launch(CudaKernel kernel, long blocks) => new(checked((int)blocks))
    {
        IsProgrammatic = isProgrammatic && TritonImages.IsProgrammatic(kernel.Entry.Key, layer.ComputeCapability),
    };

    private static GroupedGemmArgs Grouped(
        TritonProduct product, in GemmInput input, nint output, in GemmRows rows) => new()
        {
            a_ptr = input.Pointer,
            b_ptr = product.Weight.Pointer,
            c_ptr = output,
            tables = Tables(product, rows),
            sizes = Sizes(product, rows),
            epilogue = product.Epilogue,
        };

    private ScaledGemmArgs Scaled(TritonProduct product, in GemmInput input, nint output, in GemmRows rows) => new()
    {
        a_ptr = input.Pointer,
        b_ptr = product.Weight.Pointer,
        c_ptr = output,
        a_scale_ptr = input.Scales.Pointer,
        b_scale_ptr = product.Scale.Pointer,
        tables = Tables(product, rows),
        sizes = Sizes(product, rows),
        stride_asm = input.ScaleRowStride,
        stride_ask = layer.Scheme.HasBlockScales ? input.ScaleColumnStride : 0,
        stride_bse = product.ScaleLayout.Expert,
        stride_bsn = product.ScaleLayout.Row,
        stride_bsk = product.ScaleLayout.Column,
        scale_rows = product.ScaleLayout.RowsPerScale,
        epilogue = product.Epilogue,
    };

    private static WeightOnlyGemmArgs WeightOnly(
        TritonProduct product, in GemmInput input, nint output, in GemmRows rows)
    {
        var hasZeros = !product.ZeroPoints.IsNone;
        return new WeightOnlyGemmArgs
        {
            a_ptr = input.Pointer,
            b_ptr = product.Weight.Pointer,
            c_ptr = output,
            b_scale_ptr = product.Scale.Pointer,
            b_zero_ptr = product.ZeroPoints.Pointer,
            tables = Tables(product, rows),
            sizes = Sizes(product, rows),
            stride_bse = product.ScaleLayout.Expert,
            stride_bsn = product.ScaleLayout.Row,
            stride_bsk = product.ScaleLayout.Column,
            scale_rows = product.ScaleLayout.RowsPerScale,
            stride_bze = hasZeros ? (int)product.ZeroPoints.Strides[0] : 0,
            stride_bzn = hasZeros ? (int)product.ZeroPoints.Strides[1] : 0,
            epilogue = product.Epilogue,
        };
    }

    private static GemmTables Tables(TritonProduct product, in GemmRows rows) => new()
    {
        bias_f32_ptr = product.Bias.Pointer,
        bias_ptr = product.Bias.Pointer,
        row_ids_ptr = rows.RowIds,
        block_experts_ptr = rows.BlockExperts,
        row_count_ptr = rows.RowCount,
    };

    private static GemmSizes Sizes(TritonProduct product, in GemmRows rows) => new()
    {
        n_out = product.Shape.Width,
        k_size = product.Shape.Depth,
        row_limit = rows.Limit,
        row_divisor = rows.Divisor,
        experts = rows.Experts,
        stride_am = product.Shape.Depth,
        stride_be = product.ExpertStride,
        stride_bn = product.RowStride,
        stride_cm = product.Shape.Width,
        bias_stride = product.Bias.IsNone ? 0 : (int)product.Bias.Strides[0],
        group_m = rows.SharedRowBlocks,
    };
}
