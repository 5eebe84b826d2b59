using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUlaunchAttribute_st; the value is a union of 64 bytes at offset 8, of which three words are used.
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct CUlaunchAttribute
{
    public CUlaunchAttributeID id;
    public uint pad;
    public uint value0;
    public uint value1;
    public uint value2;
}
