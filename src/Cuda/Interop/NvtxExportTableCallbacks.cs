using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// nvtxTypes.h (NVTX 3): NvtxExportTableCallbacks
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NvtxExportTableCallbacks
{
    public nuint struct_size;
    public delegate* unmanaged<int, nint***, uint*, int> GetModuleFunctionTable;
}
