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

    /// <summary>Opens, plans and, when a chain was found, loads; <paramref name="start"/> notes the steps.</summary>
    public static CheckpointRun Open(HostSession session, CheckpointRequest request, StartTimeline? start = null)
    {
        using var checkpoint = MoeCheckpoint.Open(LayerSource.Folder(request.Model));
        var recording = LayerSource.Recording(checkpoint.Folder);
        try
        {
            var index = LayerSource.Index(checkpoint, recording, request.Layer);
            var tokens = Math.Max(request.Tokens, recording?.TokenCounts.Max() ?? 1);
            start?.Reach("checkpoint");
            var deployment = session.Deployment(request.Device, tokens);
            start?.Reach("device search");
            var plan = session.Composer.Compose(checkpoint.Spec(index, request.Activations), deployment, request.Selection);
            start?.Reach("plan");
            return new CheckpointRun(
                plan, recording, plan.IsRunnable ? Load(session, checkpoint, index, plan, request, start) : null);
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
        HostSession session,
        MoeCheckpoint checkpoint,
        int index,
        MoeKernelPlan plan,
        CheckpointRequest request,
        StartTimeline? start)
    {
        var device = session.OpenDevice(plan.Deployment);
        var stream = device.CreateStream();
        start?.Reach("device opened");
        var options = new CheckpointLoadOptions { Parallel = plan.Deployment.Parallel, Activations = request.Activations };
        var weights = checkpoint.LoadLayer(index, device, stream, options);
        stream.Synchronize();
        start?.Reach("weights uploaded");
        var kernel = session.Composer.Build(plan, weights.Weights, new KernelBuildOptions { Device = device });
        var run = new LayerRun(kernel, stream, weights);
        start?.Reach("kernel built");
        return run;
    }
}
