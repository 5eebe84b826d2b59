using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_reduction_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ReductionArgs
{
    public nint input;
    public nint ids;
    public nint expert_map;
    public nint positions;
    public nint weights;
    public nint valid_tokens;
    public nint output;
    public int tokens;
    public int top_k;
    public int columns;
    public int global_experts;
    public int local_experts;
    public int rows_per_expert;
    public int id_bytes;
    public int input_dtype;
    public int output_dtype;
    public int first_global_expert;
}
