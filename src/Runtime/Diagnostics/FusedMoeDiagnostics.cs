using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FusedMoe.Runtime;

/// <summary>Names under which metrics and traces are published.</summary>
public static class FusedMoeDiagnostics
{
    /// <summary>
    /// Meter: <c>fusedmoe.kernel.calls</c> {call}, <c>fusedmoe.kernel.tokens</c> {token},
    /// <c>fusedmoe.kernel.duration</c> in
    /// seconds of the host (on a GPU: the time to enqueue). Tags: <c>experts</c>, <c>device</c>.
    /// </summary>
    public const string MeterName = "FusedMoe";

    /// <summary>Activity source: one activity <c>moe.apply</c> a call.</summary>
    public const string ActivitySourceName = "FusedMoe";

    internal static readonly ActivitySource Activities = new(ActivitySourceName);

    private static readonly Meter Meter = new(MeterName);

    internal static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("fusedmoe.kernel.calls", "{call}", "Calls of composed layers.");

    internal static readonly Counter<long> Tokens =
        Meter.CreateCounter<long>("fusedmoe.kernel.tokens", "{token}", "Rows of hidden states.");

    internal static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("fusedmoe.kernel.duration", "s", "Host time of a call; on a GPU the time to enqueue it.");
}
