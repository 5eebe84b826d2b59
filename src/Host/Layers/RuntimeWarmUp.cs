using System.Diagnostics;

namespace FusedMoe.Host.Layers;

/// <summary>Calls before those that are timed.</summary>
internal static class RuntimeWarmUp
{
    /// <summary>Long enough for the runtime to replace its quick code of the CPU stages by optimized code.</summary>
    public const int Milliseconds = 1000;

    /// <summary>Repeats <paramref name="call"/>, at least once, for <paramref name="milliseconds"/>.</summary>
    public static void Run(Action call, IComputeStream stream, int milliseconds, CancellationToken stop)
    {
        var elapsed = Stopwatch.StartNew();
        do
        {
            stop.ThrowIfCancellationRequested();
            call();
            stream.Synchronize();
        }
        while (elapsed.ElapsedMilliseconds < milliseconds);
    }
}
