using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemAccessDesc_st; flags 3 is CU_MEM_ACCESS_FLAGS_PROT_READWRITE.
[StructLayout(LayoutKind.Sequential)]
internal struct CUmemAccessDesc
{
    public CUmemLocation location;
    public int flags;
}
