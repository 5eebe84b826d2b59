using System.Diagnostics;

namespace FusedMoe.Runtime;

/// <summary>Metrics and traces of one kernel; allocates nothing while nobody listens.</summary>
internal sealed class KernelTelemetry(MoeKernelPlan plan)
{
    private readonly KeyValuePair<string, object?> _experts = new("experts", plan.Chain?.Experts[0].Experts.Name);
    private readonly KeyValuePair<string, object?> _device = new("device", plan.Deployment.Device.Id.ToString());

    /// <summary>An activity when somebody listens, else null.</summary>
    public Activity? StartActivity(long tokens)
    {
        if (!FusedMoeDiagnostics.Activities.HasListeners())
        {
            return null;
        }

        return FusedMoeDiagnostics.Activities.StartActivity("moe.apply")
            ?.SetTag("fusedmoe.chain", plan.Chain?.ToString())
            .SetTag("fusedmoe.tokens", tokens)
            .SetTag("fusedmoe.device", _device.Value);
    }

    /// <summary>Counts finished calls.</summary>
    /// <param name="calls">Calls, 2 for interleaved ones.</param>
    /// <param name="tokens">Rows of all of them.</param>
    /// <param name="start">Timestamp of <see cref="Stopwatch.GetTimestamp"/> before them.</param>
    public void Record(int calls, long tokens, long start)
    {
        if (FusedMoeDiagnostics.Calls.Enabled)
        {
            FusedMoeDiagnostics.Calls.Add(calls, _experts, _device);
        }

        if (FusedMoeDiagnostics.Tokens.Enabled)
        {
            FusedMoeDiagnostics.Tokens.Add(tokens, _experts, _device);
        }

        if (FusedMoeDiagnostics.Duration.Enabled)
        {
            FusedMoeDiagnostics.Duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _experts, _device);
        }
    }
}
