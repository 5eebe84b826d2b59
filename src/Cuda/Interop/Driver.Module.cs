using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

internal static unsafe partial class Driver
{
    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuModuleLoadDataEx(
        CUmodule* module, void* image, uint optionCount, CUjit_option* options, void** values);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuModuleUnload(CUmodule module);

    [LibraryImport(DriverLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, string name);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuFuncSetAttribute(
        CUfunction function, CUfunction_attribute attribute, int value);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function);

    // Since CUDA 12.4.
    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuFuncGetParamInfo(CUfunction function, nuint index, nuint* offset, nuint* size);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(
        int* blocks, CUfunction function, int blockSize, nuint dynamicSharedBytes);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuLaunchKernel(
        CUfunction function,
        uint gridDimX,
        uint gridDimY,
        uint gridDimZ,
        uint blockDimX,
        uint blockDimY,
        uint blockDimZ,
        uint sharedMemBytes,
        CUstream stream,
        void** kernelParams,
        void** extra);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuLaunchKernelEx(
        CUlaunchConfig* config, CUfunction function, void** kernelParams, void** extra);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuTensorMapEncodeTiled(
        CUtensorMap* map,
        CUtensorMapDataType dataType,
        uint rank,
        void* address,
        ulong* dimensions,
        ulong* strides,
        uint* box,
        uint* elementStrides,
        int interleave,
        CUtensorMapSwizzle swizzle,
        CUtensorMapL2promotion l2Promotion,
        int fill);
}
