using System.Diagnostics;
using FusedMoe.Host.Layers;
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
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>Measures launches in batches of <paramref name="count"/>, the device idle before each.</summary>
    public static LaunchFigure Measure(CudaDevice device, int count)
    {
        using var stream = device.CreateStream();
        using var memory = device.Allocate(64, "launch benchmark");
        var launcher = new CudaLauncher(Options.Create(new PrepareFinalizeOptions()));
        var kernel = launcher.Kernel("sm80_any_elementwise_pack_top_k", stream);
        var args = new PackTopKArgs
        {
            ids = memory.Pointer,
            weights = memory.Pointer + 16,
            packed = memory.Pointer + 32,
            pairs = 1,
        };
        var bare = new BareLaunch(kernel, stream);
        var programmatic = new KernelLaunch(1) { IsProgrammatic = device.Traits.ComputeCapability >= 90 };
        Action[] ways =
        [
            () => Launch(kernel, args, new KernelLaunch(1), stream, count),
            () => Launch(kernel, args, programmatic, stream, count),
            () => bare.Run(args, count),
            () => bare.RunExtended(args, count, isProgrammatic: false),
            () => bare.RunExtended(args, count, programmatic.IsProgrammatic),
            () => bare.RunPacked(args, count),
        ];

        // The runtime compiles a method again, optimized, once it has run for a while.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < WarmUp;)
        {
            TimeAll(ways, stream, count, new double[ways.Length]);
        }

        var times = Enumerable.Range(0, ways.Length).Select(_ => new double[Batches]).ToArray();
        var row = new double[ways.Length];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var batch = 0; batch < Batches; batch++)
        {
            TimeAll(ways, stream, count, row);
            for (var way = 0; way < ways.Length; way++)
            {
                times[way][batch] = row[way];
            }
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (var samples in times)
        {
            Array.Sort(samples);
        }

        var medians = times.Select(Median.Of).ToArray();
        return new LaunchFigure(
            count,
            medians[0],
            medians[1],
            medians[2],
            medians[3],
            medians[4],
            medians[5],
            (double)allocated / (Batches * count * ways.Length));
    }

    private static void TimeAll(Action[] ways, CudaStream stream, int count, double[] row)
    {
        for (var way = 0; way < ways.Length; way++)
        {
            var start = Stopwatch.GetTimestamp();
            ways[way]();
            row[way] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / count;
            stream.Synchronize();
        }
    }

    private static void Launch(
        CudaKernel kernel, in PackTopKArgs args, in KernelLaunch launch, CudaStream stream, int count)
    {
        for (var i = 0; i < count; i++)
        {
            kernel.Launch(args, launch, stream);
        }
    }
}
