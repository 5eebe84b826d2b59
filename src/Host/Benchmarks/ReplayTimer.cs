namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Times work on a stream: before each sample that counts the idle device rests, then its cache is flushed.
/// benchmarks/peers/timing.py does the same.
/// </summary>
internal sealed class ReplayTimer(IComputeDevice device, IComputeStream stream, CacheFlush flush, ReplayPause pause)
{
    private const int Uncounted = 2;
    private const int ScreeningSamples = 3;

    /// <summary>Samples in microseconds, ascending, after two that do not count.</summary>
    /// <param name="enqueue">Enqueues what is timed.</param>
    /// <param name="repeats">Samples that count.</param>
    /// <param name="giveUpAbove">Microseconds: after three samples that all took longer the rest are not made.</param>
    /// <param name="stop">Ends it between samples.</param>
    public IReadOnlyList<double> Microseconds(Action enqueue, int repeats, double giveUpAbove, CancellationToken stop)
    {
        using var before = device.CreateEvent();
        using var after = device.CreateEvent();
        var samples = new List<double>();
        var last = 0.0;
        for (var i = -Uncounted; i < repeats; i++)
        {
            stop.ThrowIfCancellationRequested();
            if (i >= 0)
            {
                pause.RestAfter(last);
            }

            flush.Run(stream);
            stream.Record(before);
            enqueue();
            stream.Record(after);
            last = after.MicrosecondsSince(before);
            if (i >= 0)
            {
                samples.Add(last);
            }

            if (samples.Count == ScreeningSamples && samples.Min() > giveUpAbove)
            {
                break;
            }
        }

        samples.Sort();
        return samples;
    }
}
