using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_permutation_gather, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct GatherArgs
{
    public nint input;
    public nint input_scales;
    public nint sorted_pairs;
    public nint padded_rows;
    public nint output;
    public nint output_scales;
    public long row_bytes;
    public long scale_bytes;
    public int capacity;
    public int pairs;
    public int top_k;
}
