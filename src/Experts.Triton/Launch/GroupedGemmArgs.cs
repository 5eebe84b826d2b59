namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>grouped_gemm</c>.</summary>
internal struct GroupedGemmArgs
{
    public nint a_ptr;
    public nint b_ptr;
    public nint c_ptr;
    public GemmTables tables;
    public GemmSizes sizes;
    public GemmEpilogue epilogue;
    public TritonScratch scratch;
}
