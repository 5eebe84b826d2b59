using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Layers;

/// <summary>A checkpoint's layer, planned, loaded and ready to run.</summary>
internal sealed class CheckpointRun : IDisposable
{
    private readonly LayerRun? _run;

    private CheckpointRun(MoeKernelPlan plan, GoldenRecording? recording, LayerRun? run) =>
        (Plan, Recording, _run) = (plan, recording, run);

    /// <summary>What was chosen and why; without a chain there is no <see cref="Layer"/>.</summary>
    public MoeKernelPlan Plan { get; }

    /// <summary>Recorded inputs and outputs, or null.</summary>
    public GoldenRecording? Recording { get; }

    /// <summary>The runnable layer.</summary>
    public LayerRun Layer => _run ?? throw new CompositionException(Plan);

    /// <summary>Opens, plans and, when a chain was found, loads.</summary>
    public static CheckpointRun Open(HostSession session, CheckpointRequest request)
    {
        using var checkpoint = MoeCheckpoint.Open(LayerSource.Folder(request.Model));
        var recording = LayerSource.Recording(checkpoint.Folder);
        try
        {
            var index = LayerSource.Index(checkpoint, recording, request.Layer);
            var tokens = Math.Max(request.Tokens, recording?.TokenCounts.Max() ?? 1);
            var deployment = session.Deployment(request.Device, tokens);
            var plan = session.Composer.Compose(checkpoint.Spec(index, request.Activations), deployment, request.Selection);
            return new CheckpointRun(plan, recording, plan.IsRunnable ? Load(session, checkpoint, index, plan, request) : null);
        }
        catch
        {
            recording?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _run?.Dispose();
        Recording?.Dispose();
    }

    private static LayerRun Load(
        HostSession session, MoeCheckpoint checkpoint, int index, MoeKernelPlan plan, CheckpointRequest request)
    {
        var device = session.OpenDevice(plan.Deployment);
        var stream = device.CreateStream();
        var options = new CheckpointLoadOptions { Parallel = plan.Deployment.Parallel, Activations = request.Activations };
        var weights = checkpoint.LoadLayer(index, device, stream, options);
        var kernel = session.Composer.Build(plan, weights.Weights, new KernelBuildOptions { Device = device });
        return new LayerRun(kernel, stream, weights);
    }
}
