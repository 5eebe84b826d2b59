using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_elementwise_pack_top_k, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct PackTopKArgs
{
    public nint ids;
    public nint weights;
    public nint packed;
    public int pairs;
}
