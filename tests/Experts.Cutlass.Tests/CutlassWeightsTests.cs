namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassWeightsTests
{
    private static readonly CutlassLayer Layer = new(new MoeShape(4, 2, 64, 32), 4, 64, DType.BFloat16, ActivationSpec.Silu);

    private static readonly CutlassLayer Biased = Layer with { HasExpertBias = true };

    [Test]
    public void Check_RightTensors_Passes()
    {
        Assert.That(() => CutlassWeights.Check(Layer, Weights()), Throws.Nothing);
        Assert.That(() => CutlassWeights.Check(Biased, WithBias(Weights())), Throws.Nothing);
    }

    [Test]
    public void From_RightTensors_KeepsTheViewsAndTwoClearCounters()
    {
        var source = Weights();
        using var device = new PoisonedDevice();
        using var stream = device.CreateStream();
        using (var prepared = CutlassWeights.From(Layer, source, stream))
        {
            Assert.That((prepared.Weights, prepared.Layout), Is.EqualTo((source, WeightLayout.Checkpoint)));
            Assert.That(prepared.AllocatedBytes, Is.EqualTo(device.AllocatedBytes).And.GreaterThan(0));
            Assert.That(Counters(prepared), Is.EqualTo(new[] { 0, 0 }));
        }

        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void From_StreamThatFails_GivesTheCountersBack()
    {
        using var device = new PoisonedDevice();
        using var stream = new FillingStream(device, isBroken: true);

        Assert.That(() => CutlassWeights.From(Layer, Weights(), stream), Throws.InvalidOperationException);
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void From_WrongTensors_AllocatesNothing()
    {
        using var device = new PoisonedDevice();
        using var stream = new FillingStream(device, isBroken: true);

        Assert.That(
            () => CutlassWeights.From(Layer, Weights() with { W2 = TensorView.None }, stream),
            Throws.ArgumentException.With.Message.StartsWith("w2 must be "));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void Of_WeightsOfOtherExperts_AreRefused()
    {
        Assert.That(() => CutlassWeights.Of(new OtherWeights()), Throws.ArgumentException.With.Message.StartsWith(
            "weights must be prepared by PrepareWeights of the experts that take the call, got OtherWeights"));
    }

    [Test]
    public void Check_WrongOrMissingTensors_NamesTheTensorAndBoth()
    {
        var source = WithBias(Weights());

        Refuses(
            Biased,
            source with { W13 = TensorView.None },
            "w13 must be dense bf16 [4, 64, 64] at a multiple of 16 bytes, got none");
        Refuses(
            Biased,
            source with { W2 = View(DType.Int8, 4, 64, 32) },
            "w2 must be dense bf16 [4, 64, 32] at a multiple of 16 bytes, got int8");
        Refuses(
            Biased,
            source with { W2 = View(DType.BFloat16, 4, 64, 31) },
            "w2 must be dense bf16 [4, 64, 32] at a multiple of 16 bytes, got bf16 [4, 64, 31]");
        Refuses(Biased, source with { W13Bias = TensorView.None }, "w13 bias must be dense float32 or bf16 [4, 64], got none");
        Refuses(
            Biased,
            source with { W2Bias = View(DType.BFloat16, 4, 63) },
            "w2 bias must be dense float32 or bf16 [4, 64], got bf16 [4, 63]");
    }

    [Test]
    public void Check_TensorsThatTheLayerDoesNotHave_AreRefused()
    {
        Refuses(Layer, WithBias(Weights()), "w13 bias must be absent for a layer without expert biases, got bf16 [4, 64]");
        Refuses(
            Layer, Weights() with { W2Scale = View(DType.Float32, 4) }, "w2 scale must be absent for unquantized weights");
    }

    [Test]
    public void Check_TensorsOfAnotherDevice_NamesBoth()
    {
        var second = Biased with { Device = DeviceId.Cuda(1) };
        var bias = TensorView.Contiguous(4096, DType.BFloat16, new TensorShape(4, 64), DeviceId.Cpu);

        Refuses(second, WithBias(Weights()), "w13 must be on cuda:1, got bf16 [4, 64, 64] on cuda:0; copy it there.");
        Refuses(
            Biased,
            WithBias(Weights()) with { W2Bias = bias },
            "w2 bias must be on cuda:0, got bf16 [4, 64] on cpu; copy it there.");
    }

    private static void Refuses(CutlassLayer layer, ExpertWeights source, string start) =>
        Assert.That(() => CutlassWeights.Check(layer, source), Throws.ArgumentException.With.Message.StartsWith(start));

    private static ExpertWeights Weights() =>
        new() { W13 = View(DType.BFloat16, 4, 64, 64), W2 = View(DType.BFloat16, 4, 64, 32) };

    private static ExpertWeights WithBias(ExpertWeights weights) =>
        weights with { W13Bias = View(DType.BFloat16, 4, 64), W2Bias = View(DType.BFloat16, 4, 64) };

    private static TensorView View(DType dtype, params long[] shape) =>
        TensorView.Contiguous(4096, dtype, new TensorShape(shape), DeviceId.Cuda(0));

    private static int[] Counters(CutlassWeights prepared) =>
        TensorView.Contiguous(prepared.FirstCounter, DType.Int32, new TensorShape(2), DeviceId.Cpu).AsSpan<int>().ToArray();

    private sealed class OtherWeights : IPreparedWeights
    {
        public WeightLayout Layout => WeightLayout.Checkpoint;

        public ExpertWeights Weights => CutlassWeightsTests.Weights();

        public long AllocatedBytes => 0;

        public void Dispose()
        {
        }
    }
}
