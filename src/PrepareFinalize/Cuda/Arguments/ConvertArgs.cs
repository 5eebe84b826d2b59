using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_elementwise_convert, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ConvertArgs
{
    public nint input;
    public nint output;
    public nint valid_tokens;
    public int rows;
    public int columns;
    public int input_dtype;
    public int output_dtype;
}
