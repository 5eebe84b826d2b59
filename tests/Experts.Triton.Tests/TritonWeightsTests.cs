namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonWeightsTests
{
    private static readonly DeviceId Device = DeviceId.Cuda(0);

    [Test]
    public void From_RightShapes_KeepsTheViewsAndAllocatesNothing()
    {
        var source = Weights();
        using var prepared = TritonWeights.From(Layer(), source);
        Assert.That(prepared.Weights, Is.SameAs(source));
        Assert.That(prepared.AllocatedBytes, Is.Zero);
        Assert.That(prepared.Layout, Is.EqualTo(WeightLayout.Checkpoint));
    }

    [Test]
    public void From_WrongShape_NamesBoth() =>
        Assert.That(
            () => TritonWeights.From(Layer(), Weights() with { W2 = View(4, 64, 33) }),
            Throws.ArgumentException.With.Message.StartsWith(
                "w2 must be bf16 [4, 64, 32], got bf16 [4, 64, 33] on cuda:0; load the weights of this layer and rank."));

    [Test]
    public void From_PaddedRows_AreTakenWhenTheyStartAligned()
    {
        var padded = new TensorView(4096, DType.BFloat16, new TensorShape(4, 64, 32), new TensorShape(64 * 40, 40, 1), Device);
        using var prepared = TritonWeights.From(Layer(), Weights() with { W2 = padded });
        Assert.That(TritonProduct.Second(Layer(), prepared.Weights).RowStride, Is.EqualTo(40));
    }

    [Test]
    public void From_RowsOffTheBoundary_NamesTheStrides()
    {
        var odd = new TensorView(4096, DType.BFloat16, new TensorShape(4, 64, 32), new TensorShape(64 * 33, 33, 1), Device);
        Assert.That(
            () => TritonWeights.From(Layer(), Weights() with { W2 = odd }),
            Throws.ArgumentException.With.Message.Contains("multiples of 16 bytes, got strides [2112, 33, 1]"));
    }

    [Test]
    public void From_QuantizedWithoutScales_NamesTheScale()
    {
        var layer = Layer() with { Scheme = TritonScheme.For(new QuantSpec(QuantKeys.Mxfp4Static, null), DType.BFloat16)! };
        var source = Weights() with { W13 = View(DType.Float4E2M1, 4, 64, 64), W2 = View(DType.Float4E2M1, 4, 64, 32) };
        Assert.That(
            () => TritonWeights.From(layer, source), Throws.ArgumentException.With.Message.StartsWith("w13 scale must be given"));
    }

    [Test]
    public void First_PackedWeights_HaveStridesInBytes()
    {
        var layer = Layer() with { Scheme = TritonScheme.For(new QuantSpec(QuantKeys.Mxfp4Static, null), DType.BFloat16)! };
        var source = Weights() with { W13 = View(DType.Float4E2M1, 4, 64, 64) };
        var product = TritonProduct.First(layer, source);
        Assert.That((product.RowStride, product.ExpertStride), Is.EqualTo((32, 64L * 32)));
    }

    [Test]
    public void First_InterleavedWeights_StepOverPairs()
    {
        var layer = Layer() with { IsInterleaved = true };
        var epilogue = TritonProduct.First(layer, Weights()).Epilogue;
        Assert.That((epilogue.gate_step, epilogue.half_step), Is.EqualTo((2, 1)));
        var packed = TritonProduct.First(Layer(), Weights()).Epilogue;
        Assert.That((packed.gate_step, packed.half_step), Is.EqualTo((1, 32)));
    }

    [TestCase(DType.Float32, 1)]
    [TestCase(DType.BFloat16, 2)]
    public void First_Bias_SetsTheFlagOfItsType(DType dtype, int flag)
    {
        var source = Weights() with { W13Bias = TensorView.Contiguous(4096, dtype, new TensorShape(4, 64), Device) };
        Assert.That((int)TritonProduct.First(Layer(), source).Epilogue.flags, Is.EqualTo(flag));
    }

    private static TritonLayer Layer() => TestImages.Layer(64, 32, 4, 2);

    private static ExpertWeights Weights() => new() { W13 = View(4, 64, 64), W2 = View(4, 64, 32) };

    private static TensorView View(long a, long b, long c) => View(DType.BFloat16, a, b, c);

    private static TensorView View(DType dtype, long a, long b, long c) =>
        TensorView.Contiguous(4096, dtype, new TensorShape(a, b, c), Device);
}
