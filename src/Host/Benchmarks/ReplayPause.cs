namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// How long a GPU rests before a timed replay. Long replays back to back keep a card at its power limit, so that later ones
/// run at lower clocks than the ceilings they are compared with.
/// </summary>
/// <param name="LongestMilliseconds">The longest pause; 0: a replay follows the one before at once.</param>
internal readonly record struct ReplayPause(int LongestMilliseconds)
{
    /// <summary>The longest pause where none is asked for.</summary>
    public const int DefaultMilliseconds = 20;

    /// <summary>The pause over the replay before it: up to 5 ms a replay the device is busy a fifth of the time.</summary>
    private const int Factor = 4;

    /// <summary>The pause on <paramref name="device"/>: none on a CPU, where it would only put threads to sleep.</summary>
    public static ReplayPause On(DeviceTraits device, int longestMilliseconds) =>
        new(device.Id.Kind == DeviceKind.Cpu ? 0 : longestMilliseconds);

    /// <summary>
    /// Whole milliseconds before a replay when the one before took <paramref name="microseconds"/>: four times as long,
    /// rounded up, and at most the longest pause. benchmarks/peers/pause.py has the same rule.
    /// </summary>
    public int MillisecondsAfter(double microseconds) =>
        (int)Math.Min(LongestMilliseconds, Math.Ceiling(Factor * microseconds / 1000));

    /// <summary>Lets the device rest, which is idle since what took <paramref name="microseconds"/> was waited for.</summary>
    public void RestAfter(double microseconds)
    {
        var milliseconds = MillisecondsAfter(microseconds);
        if (milliseconds > 0)
        {
            Thread.Sleep(milliseconds);
        }
    }
}
