namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>Tensors that do not fit the layer are refused by name before a kernel reads them.</summary>
public sealed class WeightsCheckTests
{
    [Test]
    public void Prepare_TransposedSecondWeight_NamesTensorAndShapes()
    {
        using var call = new TestCall(new LayerCase());
        using var tensors = new HostTensors();
        var wrong = call.Weights with { W2 = tensors.New(DType.BFloat16, new(6, 48, 80)) };
        Assert.That(
            () => new WeightsCheck(call.Case.Layer, 6).Prepare(wrong),
            Throws.ArgumentException.With.Message.StartsWith(
                "W2 must be bf16 [6, 80, 48] in host memory with dense rows, got bf16 [6, 48, 80] on cpu; "
                + "check the layer spec against the checkpoint."));
    }

    [Test]
    public void Prepare_WrongTypeMissingScaleAndUnaskedBias_AreEachRefused()
    {
        var plain = new LayerCase();
        var fp8 = plain with { Features = new() { Quant = new QuantSpec(QuantKeys.Fp8StaticChannel, null) } };
        using var call = new TestCall(plain);
        using var quantized = new TestCall(fp8);
        using var tensors = new HostTensors();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => new WeightsCheck(fp8.Layer, 6).Prepare(call.Weights),
                Throws.ArgumentException.With.Message.StartsWith("W13 must be fp8-e4m3 [6, 96, 80]"));
            Assert.That(
                () => new WeightsCheck(fp8.Layer, 6).Prepare(quantized.Weights with { W13Scale = TensorView.None }),
                Throws.ArgumentException.With.Message.Contains("W13Scale must be contiguous")
                    .And.Message.Contains("got none"));
            Assert.That(
                () => new WeightsCheck(plain.Layer, 6).Prepare(call.Weights with
                {
                    W2Bias = tensors.New(DType.Float32,
                new(6, 80))
                }),
                Throws.ArgumentException.With.Message.StartsWith(
                    "W2Bias must be absent for a layer without expert biases"));
        }
    }

    [Test]
    public void Prepare_RowsWithPaddingBetween_AreTakenAndMultipliedRight()
    {
        var c = new LayerCase();
        using var call = new TestCall(c);
        using var tensors = new HostTensors();
        using var experts = TestExperts.Cpu(c);
        var expected = call.Run(experts);
        var wide = tensors.New(DType.BFloat16, new(6, 96, 80 + 24));
        var rows = call.Weights.W13.AsSpan<ushort>();
        for (var row = 0; row < 6 * 96; row++)
        {
            rows.Slice(row * 80, 80).CopyTo(wide.AsSpan<ushort>()[(row * 104)..]);
        }

        call.Weights = call.Weights with { W13 = wide.Slice(2, 0, 80) };
        Assert.That(call.Run(experts), Is.EqualTo(expected));
    }
}
