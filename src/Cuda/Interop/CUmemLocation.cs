using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUmemLocation_st; type 1 is CU_MEM_LOCATION_TYPE_DEVICE.
[StructLayout(LayoutKind.Sequential)]
internal struct CUmemLocation
{
    public int type;
    public int id;
}
