namespace FusedMoe.Conformance.Tests;

public sealed class NumberCodecTests
{
    [TestCase(DType.BFloat16, 1.00390625f, 1f, Description = "halfway, to even")]
    [TestCase(DType.BFloat16, 1.01171875f, 1.015625f, Description = "halfway, to even")]
    [TestCase(DType.Float16, 65504f, 65504f)]
    [TestCase(DType.Float8E4M3, 448f, 448f)]
    [TestCase(DType.Float8E4M3, 1000f, 448f)]
    [TestCase(DType.Float8E4M3, 17f, 16f, Description = "halfway between 16 and 18")]
    [TestCase(DType.Float8E4M3, 19f, 20f, Description = "halfway between 18 and 20")]
    [TestCase(DType.Float8E4M3, -0.001953125f, -0.001953125f, Description = "smallest subnormal")]
    [TestCase(DType.Float4E2M1, 2.5f, 2f)]
    [TestCase(DType.Float4E2M1, 3.5f, 4f)]
    [TestCase(DType.Float4E2M1, -100f, -6f)]
    [TestCase(DType.Int8, 2.5f, 2f)]
    [TestCase(DType.Int8, 300f, 127f)]
    [TestCase(DType.Float8E8M0, 0.25f, 0.25f)]
    public void Round_ToAType_IsNearestEvenAndSaturates(DType dtype, float value, float expected) =>
        Assert.That(NumberCodec.Round(dtype, value), Is.EqualTo(expected));

    [TestCase(DType.BFloat16)]
    [TestCase(DType.Float16)]
    [TestCase(DType.Float8E4M3)]
    public void Round_NaN_StaysNaN(DType dtype) => Assert.That(NumberCodec.Round(dtype, float.NaN), Is.NaN);

    [TestCase(DType.Float8E4M3, 254)]
    [TestCase(DType.Float4E2M1, 16)]
    public void Encode_EveryDecodedCode_GivesTheCodeBack(DType dtype, int codes)
    {
        for (var code = 0; code < codes; code++)
        {
            byte[] bytes = [(byte)(dtype == DType.Float8E4M3 && code > 126 ? code + 1 : code)];
            var value = new float[1];
            NumberCodec.Decode(dtype, bytes, 0, value);
            var back = new byte[1];
            NumberCodec.Encode(dtype, value, back);
            Assert.That(back[0], Is.EqualTo(bytes[0]), $"code {bytes[0]} is {value[0]}");
        }
    }

    [Test]
    public void Encode_PackedTypes_PutTheEvenElementInTheLowNibble()
    {
        var bytes = new byte[1];

        NumberCodec.Encode(DType.UInt4, [3f, 12f], bytes);

        Assert.That(bytes[0], Is.EqualTo(0xC3));
    }
}
