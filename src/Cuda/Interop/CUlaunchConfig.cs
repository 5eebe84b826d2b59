using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// cuda.h (12.x): CUlaunchConfig_st
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CUlaunchConfig
{
    public uint gridDimX;
    public uint gridDimY;
    public uint gridDimZ;
    public uint blockDimX;
    public uint blockDimY;
    public uint blockDimZ;
    public uint sharedMemBytes;
    public CUstream hStream;
    public CUlaunchAttribute* attrs;
    public uint numAttrs;
}
