namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>tiny_down</c>.</summary>
internal struct TinyDownArgs
{
    public nint a_ptr;
    public nint w_ptr;
    public nint out_ptr;
    public nint bias_f32_ptr;
    public nint bias_ptr;
    public nint ids_ptr;
    public nint map_ptr;
    public nint weights_ptr;
    public nint valid_ptr;
    public int n_out;
    public int k_size;
    public int tokens;
    public int top_k;
    public int global_experts;
    public int local_experts;
    public int stride_am;
    public long stride_we;
    public int stride_wn;
    public int stride_om;
    public int bias_stride;
    public GemmFlags flags;
    public TritonScratch scratch;
}
