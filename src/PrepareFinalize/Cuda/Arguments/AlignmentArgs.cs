using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_alignment_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct AlignmentArgs
{
    public nint ids;
    public nint expert_map;
    public nint valid_tokens;
    public nint chunk_counts;
    public nint sorted_pairs;
    public nint block_experts;
    public nint padded_rows;
    public nint expert_counts;
    public nint expert_offsets;
    public nint positions;
    public int id_bytes;
    public int pairs;
    public int top_k;
    public int global_experts;
    public int local_experts;
    public int block_size;
    public int capacity;
    public int rows_per_expert;
}
