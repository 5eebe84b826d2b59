namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>weighted_sum</c>.</summary>
internal struct WeightedSumArgs
{
    public nint x_ptr;
    public nint out_ptr;
    public nint ids_ptr;
    public nint map_ptr;
    public nint weights_ptr;
    public nint valid_ptr;
    public int n_out;
    public int tokens;
    public int top_k;
    public int global_experts;
    public int local_experts;
    public int stride_xm;
    public int stride_om;
    public GemmFlags flags;
    public TritonScratch scratch;
}
