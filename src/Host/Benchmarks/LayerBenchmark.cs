using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Times one shape: ids and weights in, layer output out. On a device that captures graphs, replays are timed with the
/// cache flushed and a pause before each; elsewhere calls are. The output is checked against float64 on sampled rows in the
/// same run.
/// </summary>
internal sealed class LayerBenchmark : IDisposable
{
    private readonly HostSession _session;
    private readonly NamedShape _shape;
    private readonly DeploymentSpec _deployment;
    private readonly IComputeDevice _device;
    private readonly IComputeStream _stream;
    private readonly BenchData _data;
    private readonly BenchReference _reference;
    private readonly Dictionary<(int Tokens, RoutingDistribution Distribution), BenchRows> _rows = [];
    private readonly SyntheticLayer _layer;
    private readonly CacheFlush _flush;

    public LayerBenchmark(HostSession session, NamedShape shape, DeploymentSpec deployment, BenchData data)
    {
        (_session, _shape, _data) = (session, shape, data);
        _reference = new BenchReference(shape, data);
        _deployment = deployment with
        {
            GraphCapture = deployment.Device.CanCaptureGraphs,
            Parallel = new ParallelSpec(epSize: shape.ExpertRanks),
        };
        _device = session.OpenDevice(deployment);
        _stream = _device.CreateStream();
        _layer = data.Weights.OnDevice(shape.Layer, shape.LocalExperts, _device, _stream);
        _flush = new CacheFlush(session, _device, _stream);
    }

    /// <summary>The shape that is measured.</summary>
    public NamedShape Shape => _shape;

    /// <summary>The deployment that is measured.</summary>
    public DeploymentSpec Deployment => _deployment;

    /// <summary>The plan for these experts.</summary>
    public MoeKernelPlan Compose(StageSelection selection) => _session.Composer.Compose(_shape.Layer, _deployment, selection);

    /// <summary>Builds a kernel of a plan over the shape's weights.</summary>
    public IMoeKernel Build(MoeKernelPlan plan) =>
        _session.Composer.Build(plan, _layer.Weights, new KernelBuildOptions { Device = _device });

    /// <summary>One cell.</summary>
    public LayerMeasurement Measure(IMoeKernel kernel, int tokens, BenchSettings settings, CancellationToken stop)
    {
        var routing = BenchData.Routing(_shape, tokens, settings.Distribution);
        using var call = new BenchCall(kernel, routing, _data, _stream);
        RuntimeWarmUp.Run(
            call.Apply, _stream, _device.Traits.Id.Kind == DeviceKind.Cpu ? settings.WarmUpMilliseconds : 0, stop);
        call.PoisonOutput();
        var samples = Time(call, settings, stop);
        var error = Expected(routing, tokens, settings.Distribution).RelativeError(call);
        var floor = LayerFloor.Of(_shape, routing);
        var choice = kernel.Plan.Chain!.Experts.First(c => tokens <= c.MaxTokens);
        return new LayerMeasurement(
            _shape.Name,
            tokens,
            kernel.Plan.Chain.ToString(),
            Median.Of(samples),
            floor.Microseconds(settings.Ceilings),
            floor.Bytes,
            floor.Operations,
            error,
            samples.Count,
            kernel.Buffers.Sum(b => b.Bytes))
        {
            Experts = choice.Experts.Name,
            Configuration = choice.Configuration,
        };
    }

    public void Dispose()
    {
        _stream.Synchronize();
        _flush.Dispose();
        _layer.Dispose();
        _stream.Dispose();
    }

    /// <summary>The rows to compare with: computed once, whichever kernels and configurations are measured.</summary>
    private BenchRows Expected(TokenRouting routing, int tokens, RoutingDistribution distribution)
    {
        if (!_rows.TryGetValue((tokens, distribution), out var rows))
        {
            rows = _reference.Rows(routing);
            _rows.Add((tokens, distribution), rows);
        }

        return rows;
    }

    private IReadOnlyList<double> Time(BenchCall call, BenchSettings settings, CancellationToken stop)
    {
        using var graph = _deployment.GraphCapture ? _stream.Capture(_ => call.Apply()) : null;
        return new ReplayTimer(_device, _stream, _flush, settings.Pause).Microseconds(
            graph is null ? call.Apply : () => graph.Launch(_stream), settings.Repeats, settings.GiveUpAbove, stop);
    }
}
