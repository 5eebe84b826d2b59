namespace FusedMoe.Cpu.Tests.Formats;

public sealed class BFloat16Tests
{
    [Test]
    public void BFloat16ToSingle_EveryCode_RoundTrips()
    {
        var codes = Enumerable.Range(0, 65536).Select(c => (ushort)c).ToArray();
        var values = new float[codes.Length];
        var back = new ushort[codes.Length];

        NumberFormats.BFloat16ToSingle(codes, values);
        NumberFormats.SingleToBFloat16(values, back);

        for (var code = 0; code < codes.Length; code++)
        {
            Assert.That(BitConverter.SingleToUInt32Bits(values[code]), Is.EqualTo((uint)code << 16));
            var expected = float.IsNaN(values[code]) ? code | 0x40 : code;
            Assert.That(back[code], Is.EqualTo(expected), $"bulk, code {code:x4}");
            Assert.That(NumberFormats.SingleToBFloat16(values[code]), Is.EqualTo(expected), $"scalar, code {code:x4}");
        }
    }

    // 1 + 2^-8 is half way between 1 and 1 + 2^-7 (mantissa even: down); 1 + 3·2^-8 is half way to an even mantissa
    // above.
    [TestCase(0x3F80_8000u, 0x3F80)]
    [TestCase(0x3F81_8000u, 0x3F82)]
    [TestCase(0x3F80_8001u, 0x3F81)]
    [TestCase(0x3F80_7FFFu, 0x3F80)]
    [TestCase(0x7F7F_FFFFu, 0x7F80)]
    [TestCase(0x7F80_0001u, 0x7FC0)]
    [TestCase(0xFF80_0001u, 0xFFC0)]
    [TestCase(0x0000_8000u, 0x0000)]
    [TestCase(0x0001_8000u, 0x0002)]
    public void SingleToBFloat16_TiesAndEdges_RoundToEven(uint bits, int expected)
    {
        var value = BitConverter.UInt32BitsToSingle(bits);
        var bulk = new ushort[16];

        NumberFormats.SingleToBFloat16(Enumerable.Repeat(value, 16).ToArray(), bulk);

        Assert.That(NumberFormats.SingleToBFloat16(value), Is.EqualTo(expected));
        Assert.That(bulk, Is.All.EqualTo(expected));
    }
}
