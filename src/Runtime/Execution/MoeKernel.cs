using System.Diagnostics;

namespace FusedMoe.Runtime;

/// <summary>A built chain: checks arguments, runs, measures, owns every buffer and stage.</summary>
internal sealed class MoeKernel : IMoeKernel
{
    private readonly IChainRun _chain;
    private readonly CallChecks _checks;
    private readonly DisposableStack _owned;
    private readonly KernelTelemetry _telemetry;

    /// <summary>Over what the builder made; takes ownership of <paramref name="owned"/>.</summary>
    public MoeKernel(
        MoeKernelPlan plan,
        IComputeDevice device,
        IChainRun chain,
        KernelFacts facts,
        IReadOnlyList<BufferReport> buffers,
        DisposableStack owned)
    {
        (Plan, Device, Buffers, _chain, _owned) = (plan, device, buffers, chain, owned);
        _checks = new CallChecks(facts);
        _telemetry = new KernelTelemetry(plan);
        var parallel = plan.Deployment.Parallel;
        OutputIsReduced = chain.OutputIsReduced || parallel is { TpSize: 1, EpSize: 1 };
    }

    /// <inheritdoc/>
    public MoeKernelPlan Plan { get; }

    /// <inheritdoc/>
    public IComputeDevice Device { get; }

    /// <inheritdoc/>
    public IReadOnlyList<BufferReport> Buffers { get; }

    /// <inheritdoc/>
    public bool OutputIsReduced { get; }

    /// <inheritdoc/>
    public ExpertsResult Apply(in MoeKernelCall call, IComputeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _checks.Check(call);
        using var activity = _telemetry.StartActivity(call.HiddenStates.Shape[0]);
        var start = Stopwatch.GetTimestamp();
        var result = _chain.Run(call, stream);
        _telemetry.Record(1, call.HiddenStates.Shape[0], start);
        return result;
    }

    /// <inheritdoc/>
    public void ApplyInterleaved(in MoeKernelCall first, in MoeKernelCall second, IComputeStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _checks.Check(first);
        _checks.Check(second);
        var tokens = first.HiddenStates.Shape[0] + second.HiddenStates.Shape[0];
        using var activity = _telemetry.StartActivity(tokens);
        var start = Stopwatch.GetTimestamp();
        _chain.RunInterleaved(first, second, stream);
        _telemetry.Record(2, tokens, start);
    }

    /// <summary>
    /// Runs a call that the runtime itself made: shared experts inside another kernel's call, not counted again.
    /// </summary>
    internal void Run(in MoeKernelCall call, IComputeStream stream) => _chain.Run(call, stream);

    /// <inheritdoc/>
    public void Dispose() => _owned.Dispose();
}
