using System.Diagnostics;
using FusedMoe.PrepareFinalize;
using Microsoft.Extensions.Options;

namespace FusedMoe.Cuda.Benchmarks;

/// <summary>Host time of launching a kernel that does next to nothing.</summary>
internal static class LaunchCost
{
    private const int Batches = 50;
    private const int LaunchesPerBatch = 200;

    public static LaunchFigure Measure(CudaDevice device)
    {
        using var stream = device.CreateStream();
        using var memory = device.Allocate(64, "launch benchmark");
        var launcher = new CudaLauncher(Options.Create(new PrepareFinalizeOptions()));
        var kernel = launcher.Kernel("sm80_any_elementwise_pack_top_k", stream);
        var args = new PackTopKArgs { ids = memory.Pointer, weights = memory.Pointer + 16, packed = memory.Pointer + 32, pairs = 1 };
        var times = new double[Batches];
        Launch(kernel, args, stream);
        stream.Synchronize();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var batch = 0; batch < Batches; batch++)
        {
            var start = Stopwatch.GetTimestamp();
            Launch(kernel, args, stream);
            times[batch] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / LaunchesPerBatch;
            stream.Synchronize();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return new LaunchFigure(Medians.Of(times), allocated / (Batches * LaunchesPerBatch));
    }

    private static void Launch(CudaKernel kernel, in PackTopKArgs args, CudaStream stream)
    {
        for (var i = 0; i < LaunchesPerBatch; i++)
        {
            kernel.Launch(args, new KernelLaunch(1), stream);
        }
    }
}
