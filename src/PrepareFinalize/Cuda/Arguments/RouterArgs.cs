using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_f32_router_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct RouterArgs
{
    public nint logits;
    public nint bias;
    public nint table;
    public nint tokens;
    public nint valid_tokens;
    public nint ids;
    public nint weights;
    public int rows;
    public int experts;
    public int top_k;
    public int logits_dtype;
    public int id_bytes;
    public int table_rows;
    public int score;
    public int scores_selected_only;
    public int renormalizes;
    public int groups;
    public int groups_kept;
    public int group_sums_two;
    public int shared_experts;
    public float renormalize_floor;
    public float scale;
    public float jitter;
    public float shared_weight;
}
