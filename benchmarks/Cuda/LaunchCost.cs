using System.Diagnostics;
using FusedMoe.PrepareFinalize;
using Microsoft.Extensions.Options;

namespace FusedMoe.Cuda.Benchmarks;

/// <summary>
/// Host time of launching a kernel that does next to nothing, beside the driver's own call in the same run: batches of every
/// way take turns, and the device is idle when one starts.
/// </summary>
internal static class LaunchCost
{
    private const int Batches = 100;
    private const int LaunchesPerBatch = 200;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public static LaunchFigure Measure(CudaDevice device)
    {
        using var stream = device.CreateStream();
        using var memory = device.Allocate(64, "launch benchmark");
        var launcher = new CudaLauncher(Options.Create(new PrepareFinalizeOptions()));
        var kernel = launcher.Kernel("sm80_any_elementwise_pack_top_k", stream);
        var args = new PackTopKArgs { ids = memory.Pointer, weights = memory.Pointer + 16, packed = memory.Pointer + 32, pairs = 1 };
        var bare = new BareLaunch(kernel, stream);
        var programmatic = new KernelLaunch(1) { IsProgrammatic = device.Traits.ComputeCapability >= 90 };
        Action[] ways =
        [
            () => Launch(kernel, args, new KernelLaunch(1), stream),
            () => Launch(kernel, args, programmatic, stream),
            () => bare.Run(args, LaunchesPerBatch),
            () => bare.RunExtended(args, LaunchesPerBatch, isProgrammatic: false),
            () => bare.RunExtended(args, LaunchesPerBatch, programmatic.IsProgrammatic),
            () => bare.RunPacked(args, LaunchesPerBatch),
        ];

        // The runtime compiles a method again, optimized, once it has run for a while.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < WarmUp;)
        {
            TimeAll(ways, stream, new double[ways.Length]);
        }

        var times = Enumerable.Range(0, ways.Length).Select(_ => new double[Batches]).ToArray();
        var row = new double[ways.Length];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var batch = 0; batch < Batches; batch++)
        {
            TimeAll(ways, stream, row);
            for (var way = 0; way < ways.Length; way++)
            {
                times[way][batch] = row[way];
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var medians = times.Select(Medians.Of).ToArray();
        return new LaunchFigure(
            medians[0], medians[1], medians[2], medians[3], medians[4], medians[5], (double)allocated / (Batches * LaunchesPerBatch * ways.Length));
    }

    private static void TimeAll(Action[] ways, CudaStream stream, double[] row)
    {
        for (var way = 0; way < ways.Length; way++)
        {
            var start = Stopwatch.GetTimestamp();
            ways[way]();
            row[way] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / LaunchesPerBatch;
            stream.Synchronize();
        }
    }

    private static void Launch(CudaKernel kernel, in PackTopKArgs args, in KernelLaunch launch, CudaStream stream)
    {
        for (var i = 0; i < LaunchesPerBatch; i++)
        {
            kernel.Launch(args, launch, stream);
        }
    }
}
