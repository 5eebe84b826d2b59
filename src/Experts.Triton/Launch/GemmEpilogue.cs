namespace FusedMoe.Experts.Triton;

/// <summary>How gate and up rows lie in the weight, what the epilogue does, and the activation's parameters.</summary>
internal struct GemmEpilogue
{
    public int gate_step;
    public int half_step;
    public GemmFlags flags;
    public float gate_limit;
    public float up_limit;
    public float alpha;
    public float cubic;
    public float beta;
    public float silu_limit;
}
