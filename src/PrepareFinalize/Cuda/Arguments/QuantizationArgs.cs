using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_quantization_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct QuantizationArgs
{
    public nint input;
    public nint given_scales;
    public nint live;
    public nint output;
    public nint scales;
    public int rows;
    public int rows_per_unit;
    public int columns;
    public int group_rows;
    public int group_columns;
    public int input_dtype;
    public int element;
    public int scale_dtype;
    public float element_max;
}
