namespace FusedMoe.Conformance.Tests;

public sealed class ReferenceQuantizerTests
{
    [Test]
    public void Quantize_DynamicToken_ScalesEachRowByItsLargest()
    {
        var rows = ReferenceQuantizer.Quantize([1f, -2f, 0.5f, 0.25f], 2, 2, QuantKeys.Int8DynamicToken, null);

        Assert.Multiple(() =>
        {
            Assert.That(rows.Scales.ToFloats(), Is.EqualTo(new[] { 2f / 127, 0.5f / 127 }));
            Assert.That(rows.Elements.ToFloats(), Is.EqualTo(new[] { 64f, -127f, 127f, 64f }));
        });
    }

    [Test]
    public void Quantize_Zeros_UsesTheSmallestScale()
    {
        var rows = ReferenceQuantizer.Quantize([0f, 0f], 1, 2, QuantKeys.Fp8DynamicToken, null);

        Assert.That(rows.Scales.ToFloats()[0], Is.EqualTo(1e-12f / 448));
    }

    [Test]
    public void Quantize_Mxfp8_RoundsTheScaleUpToAPowerOfTwo()
    {
        var input = new float[32];
        input[0] = 449f;

        var rows = ReferenceQuantizer.Quantize(input, 1, 32, QuantKeys.Mxfp8Dynamic, null);

        Assert.That(rows.Scales.ToFloats()[0], Is.EqualTo(2f));
    }

    [Test]
    public void Quantize_StaticTensor_Clamps()
    {
        var rows = ReferenceQuantizer.Quantize([1000f], 1, 1, QuantKeys.Fp8StaticTensor, [1f]);

        Assert.That(rows.Values[0], Is.EqualTo(448f));
    }
}
