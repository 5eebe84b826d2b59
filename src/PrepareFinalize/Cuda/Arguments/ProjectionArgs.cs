using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_projection_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ProjectionArgs
{
    public nint hidden;
    public nint weight;
    public nint bias;
    public nint logits;
    public int tokens;
    public int experts;
    public int columns;
    public int hidden_dtype;
    public int weight_dtype;
    public int bias_dtype;
    public int logits_dtype;
}
