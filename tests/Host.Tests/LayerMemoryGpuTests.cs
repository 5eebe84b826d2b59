using FusedMoe.Cuda;
using FusedMoe.Host.Layers;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Host.Tests;

/// <summary>
/// Device memory beyond weights, inputs and output is what the queries said, by our count and by the driver's.
/// </summary>
[Category("Gpu")]
[NonParallelizable]
public sealed class LayerMemoryGpuTests
{
    private const int Tokens = 64;
    private const int Calls = 20;
    private const int Layer = 1;

    /// <summary>The driver rounds each allocation out of a pool up, to this at most.</summary>
    private const long DriverRounding = 2 << 20;

    // Weights are not asked about; preparing them may take memory too, as for the two tile counters of CUTLASS's products.
    [TestCase("cuda-local", "cutlass", 2 * sizeof(int))]
    [TestCase("cuda-local", "triton", 0)]
    [TestCase("cuda-batched", "triton-batched", 0)]
    [TestCase("cuda-batched", "cutlass-batched", 2 * sizeof(int))]
    public void BuildAndApply_CapturedToo_TakeWhatTheQueriesSaid(string prepare, string experts, long prepared)
    {
        using var session = HostSession.Open(null, []);
        var device = GpuFixture.First(session.Catalog.DeviceProviders.First(p => p.Kind == DeviceKind.Cuda));
        using var stream = device.CreateStream();
        using var checkpoint = MoeCheckpoint.Open(LayerSource.SampleFolder);
        var deployment = session.Deployment("cuda:0", Tokens) with { GraphCapture = true };
        var plan = session.Composer.Compose(
            checkpoint.Spec(Layer, ActivationQuantization.None), deployment, new StageSelection(null, prepare, experts));
        Assert.That(plan.IsRunnable, plan.Because);
        using var weights = checkpoint.LoadLayer(Layer, device, stream, new CheckpointLoadOptions());
        stream.Synchronize();
        var asked = prepared + session.Composer.Measure(plan, new KernelBuildOptions { Device = device }).Sum(b => b.Bytes);
        var (counted, pool) = (device.AllocatedBytes, device.PoolBytes.Used);

        using var kernel = session.Composer.Build(plan, weights.Weights, new KernelBuildOptions { Device = device });

        var held = device.AllocatedBytes;
        Assert.Multiple(() =>
        {
            Assert.That(kernel.Buffers.Sum(b => b.Bytes), Is.EqualTo(asked), "the kernel's report");
            Assert.That(held - counted, Is.EqualTo(asked), "this device's count");
            Assert.That(
                device.PoolBytes.Used - pool,
                Is.InRange(asked, asked + (kernel.Buffers.Count * DriverRounding)),
                "the driver's count of its pool");
        });
        using var run = new CallMemory(kernel, device, Tokens);
        RequireStill(device, "calls", () => run.Apply(stream, Calls));
        using var graph = stream.Capture(s => run.Apply((CudaStream)s, 1));
        RequireStill(device, "replays", () => run.Replay(graph, stream, Calls));
        Assert.That(device.AllocatedBytes - run.Bytes, Is.EqualTo(held), "after the capture");
    }

    // Other processes may take memory of the same device meanwhile; a call that takes some does so every time.
    private static void RequireStill(CudaDevice device, string what, Action work)
    {
        var moved = long.MaxValue;
        for (var attempt = 0; attempt < 5 && moved != 0; attempt++)
        {
            work();
            var before = (device.MemoryBytes.Free, device.PoolBytes);
            work();
            var (free, pool) = (device.MemoryBytes.Free, device.PoolBytes);
            Assert.That(pool, Is.EqualTo(before.PoolBytes), $"the pool after {what}");
            moved = Math.Min(moved, Math.Abs(free - before.Free));
        }

        Assert.That(moved, Is.Zero, $"free memory of the device after {what}");
    }
}
