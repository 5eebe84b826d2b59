using System.Runtime.InteropServices;
using FusedMoe.Cuda.Interop;

namespace FusedMoe.Cuda.Tests;

[NonParallelizable]
public sealed unsafe class NvtxTests
{
    private const int Core2Module = 5;
    private static readonly List<string> Recorded = [];

    [TestCase(false, "libnvToolsExt.so.1")]
    [TestCase(true, "nvToolsExt64_1.dll")]
    public void FileNamesOf_System_AreTheLibrarysThere(bool isWindows, string expected) =>
        Assert.That(NvtxLibrary.FileNamesOf(isWindows)[0], Is.EqualTo(expected));

    [Test]
    public void Find_LibraryThatIsNotThere_SaysWhichWasSought()
    {
        var found = NvtxLibrary.Find("/no/such/injection.so");
        if (found.Absence is null)
        {
            Assert.Ignore("The NVTX 2 library is installed here.");
        }

        Assert.That(found.Push == null && found.Pop == null);
        Assert.That(
            found.Absence,
            Is.EqualTo(
                "none (NVTX_INJECTION64_PATH names /no/such/injection.so, which does not load, "
                + $"{NvtxLibrary.FileNames[0]} not found)"));
    }

    [Test]
    public void Range_WithoutProfiler_DoesNothingAndAllocatesNothing()
    {
        if (NvtxRange.Availability.IsYes)
        {
            Assert.Ignore("A profiler takes ranges here.");
        }

        var name = new NvtxName("step");
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                using var range = NvtxRange.Begin(name);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.That(least, Is.Zero);
        Assert.That(NvtxRange.Availability.Refusal!.Code, Is.EqualTo(CudaRefusalCodes.Profiler));
    }

    [Test]
    public void Attach_ToolThatWritesBothFunctions_GetsPushWithItsNameAndPop()
    {
        Assert.That(NvtxInjection.Attach(&TakeRanges), Is.True);
        Recorded.Clear();

        var push = (delegate* unmanaged<byte*, int>)NvtxInjection.Function(NvtxInjection.RangePushA);
        var pop = (delegate* unmanaged<int>)NvtxInjection.Function(NvtxInjection.RangePop);
        _ = push(new NvtxName("préparer").Pointer);
        _ = pop();

        Assert.That(Recorded, Is.EqualTo(new[] { "push préparer", "pop" }));
    }

    [Test]
    public void Attach_ToolThatRefuses_IsFalse() => Assert.That(NvtxInjection.Attach(&Refuse), Is.False);

    // What a profiler's library does, written after nvtxTypes.h.
    [UnmanagedCallersOnly]
    private static int TakeRanges(delegate* unmanaged<uint, void*> exportTable)
    {
        var callbacks = (NvtxExportTableCallbacks*)exportTable(NvtxInjection.CallbacksTable);
        nint*** none = null;
        nint** core = null;
        nint** core2 = null;
        uint size = 0;
        if (exportTable(4711) != null || callbacks->GetModuleFunctionTable(0, none, null) != 0
            || callbacks->GetModuleFunctionTable(NvtxInjection.CoreModule, &core, &size) == 0 || size <= NvtxInjection.RangePop
            || callbacks->GetModuleFunctionTable(Core2Module, &core2, &size) == 0 || core2 == core)
        {
            return 0;
        }

        *core[NvtxInjection.RangePushA] = (nint)(delegate* unmanaged<byte*, int>)&Push;
        *core[NvtxInjection.RangePop] = (nint)(delegate* unmanaged<int>)&Pop;
        return 1;
    }

    [UnmanagedCallersOnly]
    private static int Refuse(delegate* unmanaged<uint, void*> exportTable) => 0;

    [UnmanagedCallersOnly]
    private static int Push(byte* name)
    {
        Recorded.Add("push " + Marshal.PtrToStringUTF8((nint)name));
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int Pop()
    {
        Recorded.Add("pop");
        return 0;
    }
}
