namespace FusedMoe.Conformance.Tests;

public sealed class WeightQuantizerTests
{
    private static IEnumerable<QuantKey> WeightKeys =>
        QuantKeys.All.Where(k => k.Scale.IsStatic && k.Scale.Group != GroupShape.PerToken);

    [TestCaseSource(nameof(WeightKeys))]
    public void Draw_QuantizedWeight_DecodesNearTheDrawnValues(QuantKey key)
    {
        var shape = new TensorShape(2, 256, 256);
        var exact = WeightQuantizer.Draw(1, "w", shape, 0.1f, null, DType.Float32);

        var quantized = WeightQuantizer.Draw(1, "w", shape, 0.1f, key, DType.Float32);

        var bound = key.Element is DType.UInt4 or DType.Float4E2M1 ? 0.16 : 0.04;
        for (var e = 0; e < 2; e++)
        {
            var reference = exact.Decode(e).Select(v => (double)v).ToArray();
            OutputCheck.RequireClose(key.Name, quantized.Decode(e), reference, 256, bound);
        }
    }

    [Test]
    public void Draw_Int4WithZeroPoints_PacksThemAlongRows()
    {
        var weight = WeightQuantizer.Draw(
            1, "w", new TensorShape(3, 64, 256), 0.1f, QuantKeys.Int4StaticGroup128Asymmetric, DType.BFloat16);

        Assert.Multiple(() =>
        {
            Assert.That(weight.ZeroPoints!.Shape, Is.EqualTo(new TensorShape(3, 32, 2)));
            Assert.That(weight.Scale!.Shape, Is.EqualTo(new TensorShape(3, 64, 2)));
        });
    }

    [TestCase("fp8-static-tensor", "[2]")]
    [TestCase("fp8-static-channel", "[2, 200]")]
    [TestCase("fp8-static-128x128", "[2, 2, 3]")]
    [TestCase("mxfp4-static", "[2, 200, 12]")]
    public void Draw_ScaleShape_FollowsTheGroup(string key, string shape)
    {
        var weight = WeightQuantizer.Draw(
            1, "w", new TensorShape(2, 200, 384), 0.1f, QuantKeys.Find(key), DType.BFloat16);

        Assert.That(weight.Scale!.Shape.ToString(), Is.EqualTo(shape));
    }

    [Test]
    public void Draw_SameSeed_GivesTheSameBytes()
    {
        var shape = new TensorShape(2, 64, 64);

        var (first, second) = (
            WeightQuantizer.Draw(7, "w", shape, 1, null, DType.BFloat16),
            WeightQuantizer.Draw(7, "w", shape, 1, null, DType.BFloat16));

        Assert.That(first.Elements.Bytes, Is.EqualTo(second.Elements.Bytes));
    }
}
