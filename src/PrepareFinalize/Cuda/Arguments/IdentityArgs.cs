using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

// Parameters of sm80_any_elementwise_identity, in order.
[StructLayout(LayoutKind.Sequential)]
internal struct IdentityArgs
{
    public nint target;
    public nint hidden;
    public nint ids;
    public nint weights;
    public nint valid_tokens;
    public int rows;
    public int columns;
    public int slots;
    public int first;
    public int count;
    public int id_bytes;
    public int dtype;
}
