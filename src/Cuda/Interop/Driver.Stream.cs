using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

internal static unsafe partial class Driver
{
    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuStreamCreateWithPriority(CUstream* stream, uint flags, int priority);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuStreamDestroy_v2")]
    internal static partial CUresult cuStreamDestroy(CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuStreamSynchronize(CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuStreamWaitEvent(CUstream stream, CUevent @event, uint flags);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuStreamBeginCapture_v2")]
    internal static partial CUresult cuStreamBeginCapture(CUstream stream, int mode);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuEventCreate(CUevent* @event, uint flags);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuEventDestroy_v2")]
    internal static partial CUresult cuEventDestroy(CUevent @event);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuEventRecord(CUevent @event, CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuEventQuery(CUevent @event);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuEventSynchronize(CUevent @event);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, ulong flags);

    [LibraryImport(DriverLibrary.Name, EntryPoint = "cuGraphExecUpdate_v2")]
    internal static partial CUresult cuGraphExecUpdate(
        CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo* result);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuGraphDestroy(CUgraph graph);

    [LibraryImport(DriverLibrary.Name)]
    internal static partial CUresult cuGraphExecDestroy(CUgraphExec exec);
}
