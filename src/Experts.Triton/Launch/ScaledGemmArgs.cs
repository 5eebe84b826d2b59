namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>scaled_gemm</c>.</summary>
internal struct ScaledGemmArgs
{
    public nint a_ptr;
    public nint b_ptr;
    public nint c_ptr;
    public nint a_scale_ptr;
    public nint b_scale_ptr;
    public GemmTables tables;
    public GemmSizes sizes;
    public int stride_asm;
    public int stride_ask;
    public int stride_bse;
    public int stride_bsn;
    public int stride_bsk;
    public int scale_rows;
    public GemmEpilogue epilogue;
    public TritonScratch scratch;
}
