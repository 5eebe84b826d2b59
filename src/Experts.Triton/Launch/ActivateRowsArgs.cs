namespace FusedMoe.Experts.Triton;

/// <summary>Arguments of <c>activate_rows</c>.</summary>
internal struct ActivateRowsArgs
{
    public nint x_ptr;
    public nint out_ptr;
    public nint ids_ptr;
    public nint map_ptr;
    public nint count_ptr;
    public nint valid_ptr;
    public int n_out;
    public int rows;
    public int top_k;
    public int global_experts;
    public int local_experts;
    public int rows_per_expert;
    public int stride_xm;
    public int stride_om;
    public int gate_step;
    public int half_step;
    public GemmFlags flags;
    public float alpha;
    public float cubic;
    public float beta;
    public float linear_beta;
    public TritonScratch scratch;
}
