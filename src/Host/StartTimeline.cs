using System.Diagnostics;

namespace FusedMoe.Host;

/// <summary>
/// What a process did until its layer's first output was complete, step by step from the start of the process.
/// </summary>
internal sealed class StartTimeline
{
    private readonly List<StartStep> _steps = [];
    private readonly long _created = Stopwatch.GetTimestamp();
    private long _last;

    /// <summary>To be made first of all; the time before is the runtime's.</summary>
    public StartTimeline() => _last = _created;

    /// <summary>The steps reached, the runtime's own start first. Milliseconds.</summary>
    public IReadOnlyList<StartStep> Steps => [new("runtime", RuntimeMilliseconds()), .. _steps];

    /// <summary>Ends a step; it began where the one before ended.</summary>
    public void Reach(string step)
    {
        var now = Stopwatch.GetTimestamp();
        _steps.Add(new StartStep(step, Stopwatch.GetElapsedTime(_last, now).TotalMilliseconds));
        _last = now;
    }

    // The system keeps the start of a process in hundredths of a second.
    private double RuntimeMilliseconds()
    {
        using var process = Process.GetCurrentProcess();
        var sinceStart = DateTime.Now - process.StartTime;
        return Math.Max(0, (sinceStart - Stopwatch.GetElapsedTime(_created)).TotalMilliseconds);
    }
}
