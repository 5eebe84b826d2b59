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
    public void From_WeightsOfAnotherDevice_NamesBoth()
    {
        var elsewhere = TensorView.Contiguous(4096, DType.BFloat16, new TensorShape(4, 64, 64), DeviceId.Cuda(1));
        Refuses(
            Layer(),
            Weights() with { W13 = elsewhere },
            "w13 must be on cuda:0, got bf16 [4, 64, 64] on cuda:1; copy it there.");
    }

    [Test]
    public void From_PaddedRows_AreTakenWhenTheyStartAligned()
    {
        var padded = new TensorView(4096, DType.BFloat16, new TensorShape(4, 64, 32), new TensorShape(64 * 48, 48, 1), Device);
        using var prepared = TritonWeights.From(Layer(), Weights() with { W2 = padded });
        Assert.That(TritonProduct.Second(Layer(), prepared.Weights).RowStride, Is.EqualTo(48));
    }

    // Images with vector loads are compiled for strides that are multiples of 16 elements.
    [TestCase(64 * 33, 33, 4096)]
    [TestCase(64 * 40, 40, 4096)]
    [TestCase((64 * 48) + 8, 48, 4096)]
    [TestCase(64 * 48, 48, 4104)]
    public void From_RowsOffTheBoundary_NamesStridesAndAddress(int expert, int row, int address)
    {
        var odd = new TensorView(address, DType.BFloat16, new TensorShape(4, 64, 32), new TensorShape(expert, row, 1), Device);
        Assert.That(
            () => TritonWeights.From(Layer(), Weights() with { W2 = odd }),
            Throws.ArgumentException.With.Message.Contains(
                $"a multiple of 16 elements apart and starting at a multiple of 16 bytes, got strides [{expert}, {row}, 1] at "
                + $"0x{address:x}"));
    }

    [Test]
    public void From_RowsThatOffsetsCannotSpan_NamesTheRows()
    {
        var far = new TensorShape(1L << 40, 1 << 25, 1);
        var wide = new TensorView(4096, DType.BFloat16, new TensorShape(4, 64, 32), far, Device);
        Assert.That(
            () => TritonWeights.From(Layer(), Weights() with { W2 = wide }),
            Throws.ArgumentException.With.Message.Contains(
                "One expert of w2 must span at most 2147483647 elements, got 64 rows"));
    }

    [Test]
    public void From_QuantizedTensors_AreTakenAsTheirKeySaysAndRefusedOtherwise()
    {
        var layer = Quantized(QuantKeys.Mxfp4Static, null);
        var source = new ExpertWeights
        {
            W13 = View(DType.Float4E2M1, 4, 64, 64),
            W2 = View(DType.Float4E2M1, 4, 64, 32),
            W13Scale = View(DType.Float8E8M0, 4, 64, 2),
            W2Scale = View(DType.UInt8, 4, 64, 1),
        };

        Assert.That(() => TritonWeights.From(layer, source).Dispose(), Throws.Nothing);
        Refuses(layer, source with { W13Scale = TensorView.None }, "w13 scale must be dense e8m0 or uint8 [4, 64, 2]");
        Refuses(
            layer, source with { W2Scale = View(DType.UInt8, 4, 64, 2) }, "w2 scale must be dense e8m0 or uint8 [4, 64, 1]");
        Refuses(
            layer,
            source with { W2Scale = TensorView.Contiguous(4096, DType.UInt8, new(4, 64, 1), DeviceId.Cpu) },
            "w2 scale must be on cuda:0, got uint8 [4, 64, 1] on cpu; copy it there.");
        Refuses(
            layer,
            source with { W2ZeroPoints = View(DType.UInt8, 4, 32, 1) },
            "w2 zero points must be absent for mxfp4-static");
    }

    [Test]
    public void From_Biases_AreThereWhenTheLayerHasThemAndOnlyThen()
    {
        var bias = TensorView.Contiguous(4096, DType.BFloat16, new TensorShape(4, 64), Device);
        var biased = Layer() with { HasExpertBias = true };
        var source = Weights() with { W13Bias = bias, W2Bias = bias };

        Assert.That(() => TritonWeights.From(biased, source).Dispose(), Throws.Nothing);
        Refuses(
            biased, source with { W13Bias = TensorView.None }, "w13 bias must be dense float32 or bf16 [4, 64], got none;");
        Refuses(
            Layer(), Weights() with { W2Bias = bias }, "w2 bias must be absent for a layer without expert biases, got bf16");
    }

    [Test]
    public void From_AsymmetricWeights_NeedTheirZeroPoints()
    {
        var layer = Quantized(QuantKeys.Int4StaticGroup32Asymmetric, null);
        var source = new ExpertWeights
        {
            W13 = View(DType.UInt4, 4, 64, 64),
            W2 = View(DType.UInt4, 4, 64, 32),
            W13Scale = View(DType.Float32, 4, 64, 2),
            W2Scale = View(DType.Float32, 4, 64, 1),
            W13ZeroPoints = View(DType.UInt8, 4, 32, 2),
            W2ZeroPoints = View(DType.UInt8, 4, 32, 1),
        };

        Assert.That(() => TritonWeights.From(layer, source).Dispose(), Throws.Nothing);
        Refuses(layer, source with { W13ZeroPoints = TensorView.None }, "w13 zero points must be dense uint8 [4, 32, 2]");
    }

    [Test]
    public void From_StaticActivations_NeedTheScalesOfBothInputs()
    {
        var layer = Quantized(QuantKeys.Fp8StaticChannel, QuantKeys.Fp8StaticTensor);
        var source = new ExpertWeights
        {
            W13 = View(DType.Float8E4M3, 4, 64, 64),
            W2 = View(DType.Float8E4M3, 4, 64, 32),
            W13Scale = TensorView.Contiguous(4096, DType.Float32, new(4, 64), Device),
            W2Scale = TensorView.Contiguous(4096, DType.Float32, new(4, 64), Device),
            A13Scale = TensorView.Contiguous(4096, DType.Float32, new(1), Device),
            A2Scale = TensorView.Contiguous(4096, DType.Float32, new(1), Device),
        };

        Assert.That(() => TritonWeights.From(layer, source).Dispose(), Throws.Nothing);
        Refuses(layer, source with { A2Scale = TensorView.None }, "a2 scale must be dense float32 [1]");
        Refuses(layer, source with { A13Scale = TensorView.None }, "a13 scale must be dense float32 [1]");
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

    private static void Refuses(TritonLayer layer, ExpertWeights source, string start) =>
        Assert.That(() => TritonWeights.From(layer, source), Throws.ArgumentException.With.Message.StartsWith(start));

    private static TritonLayer Quantized(QuantKey weight, QuantKey? activation) =>
        Layer() with { Scheme = TritonScheme.For(new QuantSpec(weight, activation), DType.BFloat16)! };

    private static TritonLayer Layer() => TestImages.Layer(64, 32, 4, 2);

    private static ExpertWeights Weights() => new() { W13 = View(4, 64, 64), W2 = View(4, 64, 32) };

    private static TensorView View(long a, long b, long c) => View(DType.BFloat16, a, b, c);

    private static TensorView View(DType dtype, long a, long b, long c) =>
        TensorView.Contiguous(4096, dtype, new TensorShape(a, b, c), Device);
}
