using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_elementwise_accumulate, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct AccumulateArgs
{
    public nint target;
    public nint addend;
    public nint valid_tokens;
    public int rows;
    public int columns;
    public int dtype;
}
