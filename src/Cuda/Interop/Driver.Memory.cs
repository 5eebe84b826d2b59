using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

internal static unsafe partial class Driver
{
    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuMemGetInfo_v2")]
    internal static partial CUresult cuMemGetInfo(nuint* free, nuint* total);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolCreate(CUmemoryPool* pool, CUmemPoolProps* properties);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolDestroy(CUmemoryPool pool);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolSetAttribute(
        CUmemoryPool pool, CUmemPool_attribute attribute, void* value);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolGetAttribute(
        CUmemoryPool pool, CUmemPool_attribute attribute, void* value);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolSetAccess(CUmemoryPool pool, CUmemAccessDesc* map, nuint count);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemPoolTrimTo(CUmemoryPool pool, nuint minBytesToKeep);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemAllocFromPoolAsync(
        ulong* pointer, nuint bytes, CUmemoryPool pool, CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemFreeAsync(ulong pointer, CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemHostAlloc(void** pointer, nuint bytes, uint flags);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemFreeHost(void* pointer);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuPointerGetAttribute(void* data, int attribute, ulong pointer);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    internal static partial CUresult cuMemcpyHtoDAsync(ulong destination, void* source, nuint bytes, CUstream stream);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    internal static partial CUresult cuMemcpyDtoHAsync(void* destination, ulong source, nuint bytes, CUstream stream);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    internal static partial CUresult cuMemcpyDtoDAsync(ulong destination, ulong source, nuint bytes, CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuMemsetD8Async(ulong destination, byte value, nuint count, CUstream stream);
}
