using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>What the machine can do with all its processors: the best of several tries.</summary>
/// <param name="CopyGigabytesPerSecond">memcpy of blocks far larger than the caches, bytes read plus bytes
/// written.</param>
/// <param name="FmaGigaflops">float32 fused multiply-adds on registers, two operations each.</param>
internal sealed unsafe record MachineLimits(double CopyGigabytesPerSecond, double FmaGigaflops)
{
    private const int Tries = 7;
    private const long CopyBytes = 256L << 20;
    private const int Fmas = 20_000_000;
    private const int Accumulators = 12;

    public static MachineLimits Measure()
    {
        var pool = WorkerPool.Shared;
        var bytes = CopyBytes * pool.WorkerCount;
        var from = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        var to = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        NativeMemory.Fill(from, (nuint)bytes, 1);
        NativeMemory.Fill(to, (nuint)bytes, 2);
        var copy = new CopyBody(from, to);
        var fma = default(FmaBody);
        var copySeconds = Best(() => pool.ParallelFor(pool.WorkerCount, ref copy));
        var fmaSeconds = Best(() => pool.ParallelFor(pool.WorkerCount, ref fma));
        NativeMemory.AlignedFree(from);
        NativeMemory.AlignedFree(to);
        var lanes = Vector512.IsHardwareAccelerated ? 16.0 : 8.0;
        return new MachineLimits(
            2 * bytes / copySeconds / 1e9, 2 * lanes * Accumulators * Fmas * pool.WorkerCount / fmaSeconds / 1e9);
    }

    private static double Best(Action action) => Enumerable.Range(0, Tries).Min(_ =>
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    });

    private readonly struct CopyBody(byte* from, byte* to) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            for (var i = begin; i < end; i++)
            {
                NativeMemory.Copy(from + (i * CopyBytes), to + (i * CopyBytes), (nuint)CopyBytes);
            }
        }
    }

    private readonly struct FmaBody : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            for (var i = begin; i < end; i++)
            {
                _sink = Vector512.IsHardwareAccelerated
                    ? FmaChains.Run512(Fmas) : FmaChains.Run256(Fmas);
            }
        }

        [ThreadStatic]
        private static float _sink;
    }
}
