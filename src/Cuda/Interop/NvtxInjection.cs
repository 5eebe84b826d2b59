using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// nvtxTypes.h (NVTX 3): what a program hands a profiler's library, which writes its functions into the slots. Tools may refuse
// a program that lacks a module, so every module has slots; only push and pop are called.
internal static unsafe class NvtxInjection
{
    internal const uint CallbacksTable = 1;
    internal const int CoreModule = 1;
    internal const int RangePushA = 9;
    internal const int RangePop = 11;
    private const int LastModule = 6;
    private const int Slots = 32;

    // Module after module; the tool keeps the addresses, so the memory is the process's.
    private static readonly nint* Functions = (nint*)NativeMemory.AllocZeroed((LastModule + 1) * Slots, (nuint)sizeof(nint));
    private static readonly nint** Table = MakeTable();
    private static readonly NvtxExportTableCallbacks* Callbacks = MakeCallbacks();

    /// <summary>Hands the tables to a tool's <c>InitializeInjectionNvtx2</c>; false when it takes none or no ranges.</summary>
    internal static bool Attach(delegate* unmanaged<delegate* unmanaged<uint, void*>, int> initialize) =>
        initialize(&ExportTable) != 0 && Function(RangePushA) != 0 && Function(RangePop) != 0;

    /// <summary>The function that the tool wrote for a callback of the core module; 0 for none.</summary>
    internal static nint Function(int callback) => Functions[(CoreModule * Slots) + callback];

    [UnmanagedCallersOnly]
    private static void* ExportTable(uint id) => id == CallbacksTable ? Callbacks : null;

    [UnmanagedCallersOnly]
    private static int ModuleTable(int module, nint*** table, uint* size)
    {
        if (module is < CoreModule or > LastModule)
        {
            return 0;
        }

        if (table != null)
        {
            *table = Table + (module * Slots);
        }

        if (size != null)
        {
            *size = Slots;
        }

        return 1;
    }

    private static nint** MakeTable()
    {
        var table = (nint**)NativeMemory.AllocZeroed((LastModule + 1) * Slots, (nuint)sizeof(nint*));
        for (var i = 0; i < (LastModule + 1) * Slots; i++)
        {
            table[i] = Functions + i;
        }

        return table;
    }

    private static NvtxExportTableCallbacks* MakeCallbacks()
    {
        var callbacks = (NvtxExportTableCallbacks*)NativeMemory.AllocZeroed((nuint)sizeof(NvtxExportTableCallbacks));
        callbacks->struct_size = (nuint)sizeof(NvtxExportTableCallbacks);
        callbacks->GetModuleFunctionTable = &ModuleTable;
        return callbacks;
    }
}
