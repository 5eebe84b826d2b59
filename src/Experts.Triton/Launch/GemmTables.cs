namespace FusedMoe.Experts.Triton;

/// <summary>Pointers that every grouped product takes, in the order of the kernels' parameters.</summary>
internal struct GemmTables
{
    public nint bias_f32_ptr;
    public nint bias_ptr;
    public nint row_weights_ptr;
    public nint row_ids_ptr;
    public nint block_experts_ptr;
    public nint row_count_ptr;
}
