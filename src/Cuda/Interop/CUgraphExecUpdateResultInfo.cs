using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUgraphExecUpdateResultInfo_st
[StructLayout(LayoutKind.Sequential)]
internal struct CUgraphExecUpdateResultInfo
{
    public int result;
    public nint errorNode;
    public nint errorFromNode;
}
