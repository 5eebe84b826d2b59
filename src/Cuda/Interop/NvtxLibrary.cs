using System.Runtime.InteropServices;

namespace FusedMoe.Cuda.Interop;

// Finds where ranges go, once: the library that a profiler names in the environment (NVTX 3), else the library of NVTX 2.
internal sealed unsafe class NvtxLibrary
{
    internal const string InjectionVariable = "NVTX_INJECTION64_PATH";
    private static readonly Lazy<NvtxLibrary> Lazily = new(() => Find(Environment.GetEnvironmentVariable(InjectionVariable)));

    private NvtxLibrary(nint push, nint pop, string? absence)
    {
        Push = (delegate* unmanaged<byte*, int>)push;
        Pop = (delegate* unmanaged<int>)pop;
        Absence = absence;
    }

    /// <summary>The one of this process.</summary>
    internal static NvtxLibrary Instance => Lazily.Value;

    /// <summary>The file names of NVTX 2 on this system, in order.</summary>
    internal static IReadOnlyList<string> FileNames { get; } = FileNamesOf(OperatingSystem.IsWindows());

    /// <summary>Why there are no ranges; null when there are.</summary>
    internal string? Absence { get; }

    internal delegate* unmanaged<byte*, int> Push { get; }

    internal delegate* unmanaged<int> Pop { get; }

    /// <summary>The file names on Windows or elsewhere.</summary>
    internal static IReadOnlyList<string> FileNamesOf(bool isWindows) =>
        isWindows ? ["nvToolsExt64_1.dll"] : ["libnvToolsExt.so.1", "libnvToolsExt.so"];

    /// <summary>Seeks with <paramref name="injection"/> as the environment's value.</summary>
    internal static NvtxLibrary Find(string? injection)
    {
        var absence = $"{InjectionVariable} not set by a profiler";
        if (!string.IsNullOrEmpty(injection))
        {
            if (Inject(injection, out absence) is { } injected)
            {
                return injected;
            }
        }

        foreach (var name in FileNames)
        {
            if (NativeLibrary.TryLoad(name, out var library)
                && NativeLibrary.TryGetExport(library, "nvtxRangePushA", out var push)
                && NativeLibrary.TryGetExport(library, "nvtxRangePop", out var pop))
            {
                return new NvtxLibrary(push, pop, null);
            }
        }

        return new NvtxLibrary(0, 0, $"none ({absence}, {FileNames[0]} not found)");
    }

    private static NvtxLibrary? Inject(string path, out string absence)
    {
        if (!NativeLibrary.TryLoad(path, out var library))
        {
            absence = $"{InjectionVariable} names {path}, which does not load";
            return null;
        }

        if (!NativeLibrary.TryGetExport(library, "InitializeInjectionNvtx2", out var initialize)
            || !NvtxInjection.Attach((delegate* unmanaged<delegate* unmanaged<uint, void*>, int>)initialize))
        {
            absence = $"{InjectionVariable} names {path}, which takes no ranges";
            return null;
        }

        absence = string.Empty;
        return new NvtxLibrary(
            NvtxInjection.Function(NvtxInjection.RangePushA), NvtxInjection.Function(NvtxInjection.RangePop), null);
    }
}
