using System.Collections.Concurrent;
using FusedMoe.Runtime.Tests.Fakes;

[assembly: FakeStartup]

namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>The start that this assembly declares as if it were a device layer.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class FakeStartupAttribute : DeviceStartupAttribute
{
    private static readonly ConcurrentQueue<(int Index, int Thread)> StartQueue = new();

    /// <summary>The devices that were started, and on which thread.</summary>
    public static IReadOnlyCollection<(int Index, int Thread)> Starts => StartQueue;

    /// <summary>Notes the device; throws for negative ones.</summary>
    public override void Start(int index)
    {
        StartQueue.Enqueue((index, Environment.CurrentManagedThreadId));
        ArgumentOutOfRangeException.ThrowIfNegative(index);
    }
}
