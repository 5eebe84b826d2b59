using System.Runtime.InteropServices;

namespace FusedMoe.Experts.Cutlass;

/// <summary>Arguments of a product of few tokens: <c>DecodeArgs</c> of Kernels/decode/arguments.cuh, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DecodeArgs
{
    public nint weights;
    public nint bias;
    public nint rows;
    public nint output;
    public nint ids;
    public nint expert_map;
    public nint valid_tokens;
    public nint topk_weights;
    public uint num_pairs;
    public uint top_k;
    public uint pairs_per_row;
    public uint num_experts;
    public uint local_experts;
    public uint size_k;
    public uint features;
    public uint bias_kind;
    public uint is_interleaved;
    public uint num_stages;
    public uint shared_rows;
    public uint result_units;
    public float limit;
    public float alpha;
    public float beta;
}
