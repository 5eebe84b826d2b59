using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemPoolProps_st; allocType 1 is CU_MEM_ALLOCATION_TYPE_PINNED.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CUmemPoolProps
{
    public int allocType;
    public int handleTypes;
    public CUmemLocation location;
    public void* win32SecurityAttributes;
    public nuint maxSize;
    public fixed byte reserved[56];
}
