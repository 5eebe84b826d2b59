using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_f32_simulated_router, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct SimulatedRouterArgs
{
    public nint zipf_ends;
    public nint valid_tokens;
    public nint ids;
    public nint weights;
    public int rows;
    public int experts;
    public int top_k;
    public int id_bytes;
    public int shared_experts;
    public int kind;
    public uint seed;
    public float shared_weight;
}
