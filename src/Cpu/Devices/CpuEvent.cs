using System.Diagnostics;

namespace FusedMoe.Cpu;

/// <summary>A time of the host's monotonic clock, taken by <see cref="CpuStream.Record"/>.</summary>
public sealed class CpuEvent : IComputeEvent
{
    private long? _timestamp;

    internal CpuEvent()
    {
    }

    /// <inheritdoc/>
    public double MicrosecondsSince(IComputeEvent earlier)
    {
        if (earlier is not CpuEvent { _timestamp: { } start } || _timestamp is not { } end)
        {
            throw new InvalidOperationException(
                "Both events must be recorded on a cpu stream before they are compared.");
        }

        return Stopwatch.GetElapsedTime(start, end).TotalMicroseconds;
    }

    /// <summary>Holds nothing.</summary>
    public void Dispose()
    {
    }

    internal void Mark() => _timestamp = Stopwatch.GetTimestamp();
}
