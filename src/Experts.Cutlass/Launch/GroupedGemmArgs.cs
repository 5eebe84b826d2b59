using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// Arguments of the grouped products: the struct of this name in Kernels/common/arguments.cuh, field by field.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 576)]
internal struct GroupedGemmArgs
{
    public CUtensorMap weights;
    public CUtensorMap sorted_rows_64;
    public CUtensorMap sorted_rows_16;
    public nint rows;
    public nint output;
    public nint bias;
    public nint sorted_pairs;
    public nint expert_offsets;
    public nint expert_counts;
    public nint ids;
    public nint expert_map;
    public nint valid_tokens;
    public nint tile_counter;
    public uint num_pairs;
    public uint top_k;
    public uint global_experts;
    public uint pairs_per_row;
    public uint num_experts;
    public uint rows_per_expert;
    public uint size_k;
    public uint features;
    public uint bias_kind;
    public uint is_interleaved;
    public float limit;
    public float alpha;
    public float beta;
}
