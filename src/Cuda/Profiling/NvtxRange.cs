using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda;

/// <summary>
/// A named range of host time in NVIDIA's profilers: from <see cref="Begin"/> to <see cref="Dispose"/> on one thread; ranges
/// nest. Without a profiler (<see cref="Availability"/> says why) it does nothing and costs a test of a pointer.
/// </summary>
public readonly unsafe ref struct NvtxRange : IDisposable
{
    private readonly bool _isOpen;

    private NvtxRange(bool isOpen) => _isOpen = isOpen;

    /// <summary>
    /// Whether ranges are recorded. Profilers name their library in <c>NVTX_INJECTION64_PATH</c>; else the NVTX 2 library
    /// (<c>libnvToolsExt.so.1</c>, <c>nvToolsExt64_1.dll</c>) is used where it is installed.
    /// </summary>
    public static Support Availability => NvtxLibrary.Instance.Absence is { } absence
        ? Support.No(CudaRefusalCodes.Profiler, "NVTX library", "installed", absence, "run under a profiler")
        : Support.Yes;

    /// <summary>Begins a range.</summary>
    public static NvtxRange Begin(NvtxName name)
    {
        Push(name);
        return new NvtxRange(isOpen: true);
    }

    /// <summary>Begins a range that <see cref="Pop"/> ends, where a scope does not fit.</summary>
    public static void Push(NvtxName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var push = NvtxLibrary.Instance.Push;
        if (push != null)
        {
            _ = push(name.Pointer);
        }
    }

    /// <summary>Ends the range that this thread began last.</summary>
    public static void Pop()
    {
        var pop = NvtxLibrary.Instance.Pop;
        if (pop != null)
        {
            _ = pop();
        }
    }

    /// <summary>Ends the range.</summary>
    public void Dispose()
    {
        if (_isOpen)
        {
            Pop();
        }
    }
}
