using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

internal static unsafe partial class Driver
{
    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuInit(uint flags);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDriverGetVersion(int* version);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuGetErrorName(CUresult error, byte** name);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDeviceGetCount(int* count);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDeviceGet(CUdevice* device, int ordinal);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDeviceGetName(byte* name, int bytes, CUdevice device);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice device);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuDeviceTotalMem_v2")]
    internal static partial CUresult cuDeviceTotalMem(nuint* bytes, CUdevice device);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDeviceCanAccessPeer(int* canAccess, CUdevice device, CUdevice peer);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    internal static partial CUresult cuDevicePrimaryCtxRelease(CUdevice device);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuCtxSetCurrent(CUcontext context);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuCtxSynchronize();

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuCtxEnablePeerAccess(CUcontext peer, uint flags);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest);
}
