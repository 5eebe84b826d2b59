namespace FusedMoe.Experts.Triton;

/// <summary>Sizes and strides (in elements) that every grouped product takes.</summary>
internal struct GemmSizes
{
    public int n_out;
    public int k_size;
    public int row_limit;
    public int row_divisor;
    public int experts;
    public int stride_am;
    public long stride_be;
    public int stride_bn;
    public int stride_cm;
    public int bias_stride;
    public int group_m;
}
