using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_activation_*, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct ActivationArgs
{
    public nint input;
    public nint output;
    public nint live;
    public int rows;
    public int rows_per_unit;
    public int width;
    public int input_dtype;
    public int output_dtype;
    public float limit;
    public float alpha;
    public float beta;
    public float linear_beta;
}
