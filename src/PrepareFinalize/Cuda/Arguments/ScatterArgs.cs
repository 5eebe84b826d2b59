using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_permutation_scatter, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ScatterArgs
{
    public nint input;
    public nint input_scales;
    public nint positions;
    public nint output;
    public nint output_scales;
    public long row_bytes;
    public long scale_bytes;
    public int pairs;
    public int top_k;
}
