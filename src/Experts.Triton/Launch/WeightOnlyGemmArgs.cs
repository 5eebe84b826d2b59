namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>weight_only_gemm</c>.</summary>
internal struct WeightOnlyGemmArgs
{
    public nint a_ptr;
    public nint b_ptr;
    public nint c_ptr;
    public nint b_scale_ptr;
    public nint b_zero_ptr;
    public GemmTables tables;
    public GemmSizes sizes;
    public int stride_bse;
    public int stride_bsn;
    public int stride_bsk;
    public int scale_rows;
    public int stride_bze;
    public int stride_bzn;
    public GemmEpilogue epilogue;
    public TritonScratch scratch;
}
