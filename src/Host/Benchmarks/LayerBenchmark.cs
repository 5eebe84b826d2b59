using System.Runtime.InteropServices;
using FusedMoe.Host.Layers;

namespace FusedMoe.Host.Benchmarks;

/// <summary>
/// Times one shape: ids and weights in, layer output out. On a device that captures graphs, replays are timed with the
/// cache flushed before each; elsewhere calls are. The output is checked against float64 on sampled rows in the same run.
/// </summary>
internal sealed class LayerBenchmark : IDisposable
{
    private readonly HostSession _session;
    private readonly NamedShape _shape;
    private readonly DeploymentSpec _deployment;
    private readonly IComputeDevice _device;
    private readonly IComputeStream _stream;
    private readonly SyntheticWeights _weights = new(seed: 17);
    private readonly SyntheticLayer _layer;
    private readonly IDeviceMemory _flush;

    public LayerBenchmark(HostSession session, NamedShape shape, DeploymentSpec deployment)
    {
        (_session, _shape) = (session, shape);
        _deployment = deployment with
        {
            GraphCapture = deployment.Device.CanCaptureGraphs,
            Parallel = new ParallelSpec(epSize: shape.ExpertRanks),
        };
        _device = session.OpenDevice(deployment);
        _stream = _device.CreateStream();
        _layer = _weights.OnDevice(shape.Layer, LocalExperts, _device, _stream);
        _flush = _device.Allocate(Math.Max(256L << 20, 4 * deployment.Device.CacheBytes), "Cache flush");
    }

    /// <summary>The deployment that is measured.</summary>
    public DeploymentSpec Deployment => _deployment;

    private int LocalExperts => _shape.Layer.Shape.Experts / _shape.ExpertRanks;

    /// <summary>The plan for these experts.</summary>
    public MoeKernelPlan Compose(StageSelection selection) => _session.Composer.Compose(_shape.Layer, _deployment, selection);

    /// <summary>Builds a kernel of a plan over the shape's weights.</summary>
    public IMoeKernel Build(MoeKernelPlan plan) =>
        _session.Composer.Build(plan, _layer.Weights, new KernelBuildOptions { Device = _device });

    /// <summary>One cell.</summary>
    public LayerMeasurement Measure(IMoeKernel kernel, int tokens, BenchSettings settings, CancellationToken stop)
    {
        using var call = CreateCall(kernel, tokens, settings, out var routing, out var hidden);
        call.Apply();
        var error = BenchReference.RelativeError(_session, _shape, _weights, routing, hidden, call.ReadOutput());
        var samples = Time(call, settings, stop);
        var (pairs, active) = routing.LocalLoad(LocalExperts);
        var floor = LayerFloor.Of(_shape.Layer, tokens, pairs, active);
        return new LayerMeasurement(
            _shape.Name,
            tokens,
            kernel.Plan.Chain!.ToString(),
            samples[samples.Count / 2],
            floor.Microseconds(settings.Ceilings),
            floor.Bytes,
            floor.Operations,
            error,
            samples.Count,
            kernel.Buffers.Sum(b => b.Bytes));
    }

    /// <summary>The median time of a call, without a check of its result.</summary>
    public double Microseconds(IMoeKernel kernel, int tokens, BenchSettings settings, CancellationToken stop)
    {
        using var call = CreateCall(kernel, tokens, settings, out _, out _);
        call.Apply();
        var samples = Time(call, settings, stop);
        return samples[samples.Count / 2];
    }

    public void Dispose()
    {
        _stream.Synchronize();
        _flush.Dispose();
        _layer.Dispose();
        _stream.Dispose();
    }

    private BenchCall CreateCall(
        IMoeKernel kernel, int tokens, BenchSettings settings, out TokenRouting routing, out float[] hidden)
    {
        routing = TokenRouting.Draw(_shape.Layer, tokens, settings.Distribution, seed: 23 + tokens);
        hidden = new float[(long)tokens * _shape.Layer.Shape.Hidden];
        new RandomTensors(31 + tokens).Fill(hidden, 1f);
        return new BenchCall(kernel, routing, ActivationBytes.FromFloat(hidden, _shape.Layer.ActivationDType), _stream);
    }

    private List<double> Time(BenchCall call, BenchSettings settings, CancellationToken stop)
    {
        using var graph = _deployment.GraphCapture ? _stream.Capture(_ => call.Apply()) : null;
        using var before = _device.CreateEvent();
        using var after = _device.CreateEvent();
        var samples = new List<double>();
        for (var i = -2; i < settings.Repeats; i++)
        {
            stop.ThrowIfCancellationRequested();
            _stream.Fill(_flush.Pointer, (byte)i, _flush.Bytes);
            _stream.Record(before);
            if (graph is null)
            {
                call.Apply();
            }
            else
            {
                graph.Launch(_stream);
            }

            _stream.Record(after);
            var microseconds = after.MicrosecondsSince(before);
            if (i >= 0)
            {
                samples.Add(microseconds);
            }
        }

        samples.Sort();
        return samples;
    }
}
