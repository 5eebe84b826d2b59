using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_elementwise_scale_rows, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ScaleRowsArgs
{
    public nint input;
    public nint weights;
    public nint output;
    public nint valid_tokens;
    public int rows;
    public int columns;
    public int dtype;
}
