namespace FusedMoe.Cpu.Tests.Formats;

public sealed class SmallFormatsTests
{
    private static readonly float[] E2M1Values = [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f];

    [Test]
    public void SingleToE2M1_EveryCodeAndItsMidpoints_RoundsToEven()
    {
        for (var code = 0; code < 8; code++)
        {
            Expect(E2M1Values[code], code);
            if (code < 7)
            {
                var middle = (E2M1Values[code] + E2M1Values[code + 1]) / 2;
                Expect(middle, (code & 1) == 0 ? code : code + 1);
                Expect(MathF.BitDecrement(middle), code);
                Expect(MathF.BitIncrement(middle), code + 1);
            }
        }

        Expect(1e30f, 7);
        Expect(float.PositiveInfinity, 7);
        Assert.That(NumberFormats.SingleToE2M1(float.NaN) & 7, Is.EqualTo(7));

        static void Expect(float value, int code)
        {
            Assert.That(NumberFormats.SingleToE2M1(value), Is.EqualTo(code), $"{value}");
            Assert.That(NumberFormats.SingleToE2M1(-value), Is.EqualTo(code | 8), $"{-value}");
            Assert.That(NumberFormats.E2M1ToSingle(code | 8), Is.EqualTo(-E2M1Values[code]));
        }
    }

    [Test]
    public void SingleToE2M1_Run_PacksTheEvenElementLow()
    {
        var packed = new byte[2];

        NumberFormats.SingleToE2M1([1f, -6f, 0.5f], packed);

        Assert.That(packed, Is.EqualTo(new byte[] { 0xF2, 0x01 }));
    }

    [Test]
    public void SingleToE2M1_LongRun_EqualsElementByElement()
    {
        var source = Enumerable.Range(0, 53).Select(i => (i - 26) * 0.31f).ToArray();
        var packed = new byte[27];

        NumberFormats.SingleToE2M1(source, packed);

        var codes = packed.SelectMany(b => new[] { b & 15, b >> 4 }).Take(53);
        Assert.That(codes, Is.EqualTo(source.Select(NumberFormats.SingleToE2M1)));
    }

    [Test]
    public void E8M0ToSingle_EveryCode_IsAPowerOfTwo()
    {
        for (var code = 0; code < 255; code++)
        {
            var value = NumberFormats.E8M0ToSingle((byte)code);
            Assert.That((double)value, Is.EqualTo(Math.Pow(2, code - 127)), $"code {code}");
            Assert.That(NumberFormats.SingleToE8M0RoundUp(value), Is.EqualTo(code));
            if (code < 254)
            {
                Assert.That(NumberFormats.SingleToE8M0RoundUp(MathF.BitIncrement(value)), Is.EqualTo(code + 1));
            }
        }

        Assert.That(NumberFormats.E8M0ToSingle(255), Is.NaN);
        Assert.That(NumberFormats.SingleToE8M0RoundUp(float.MaxValue), Is.EqualTo(255));
        Assert.That(NumberFormats.SingleToE8M0RoundUp(float.NaN), Is.EqualTo(255));
        Assert.That(NumberFormats.SingleToE8M0RoundUp(0f), Is.Zero);
    }

    [TestCase(0, 0)]
    [TestCase(7, 7)]
    [TestCase(8, -8)]
    [TestCase(15, -1)]
    [TestCase(0xF3, 3)]
    public void Int4ToInt32_Nibble_IsSigned(int nibble, int expected)
    {
        Assert.That(NumberFormats.Int4ToInt32(nibble), Is.EqualTo(expected));
    }

    [TestCase(0.5f, 0)]
    [TestCase(1.5f, 2)]
    [TestCase(-2.5f, -2)]
    [TestCase(127.5f, 127)]
    [TestCase(-1e9f, -128)]
    [TestCase(float.NaN, 0)]
    public void SingleToInt8_TiesAndEdges_RoundToEvenAndClamp(float value, int expected)
    {
        var bulk = new sbyte[16];

        NumberFormats.SingleToInt8(Enumerable.Repeat(value, 16).ToArray(), bulk);

        Assert.That(NumberFormats.SingleToInt8(value), Is.EqualTo(expected));
        Assert.That(bulk, Is.All.EqualTo(expected));
    }

    [Test]
    public unsafe void ToSingle_PackedFromOddOffset_ReadsTheHighNibbleFirst()
    {
        byte* packed = stackalloc byte[] { 0x21, 0xF8 };
        var values = new float[3];

        NumberFormats.ToSingle((nint)packed, DType.Int4, 1, values);
        Assert.That(values, Is.EqualTo(new[] { 2f, -8f, -1f }));
        NumberFormats.ToSingle((nint)packed, DType.UInt4, 1, values);
        Assert.That(values, Is.EqualTo(new[] { 2f, 8f, 15f }));
        NumberFormats.ToSingle((nint)packed, DType.Float4E2M1, 1, values);
        Assert.That(values, Is.EqualTo(new[] { 1f, -0f, -6f }));
    }

    [TestCase(DType.Int8)]
    [TestCase(DType.UInt8)]
    [TestCase(DType.Int4)]
    [TestCase(DType.UInt4)]
    [TestCase(DType.Float4E2M1)]
    public unsafe void ToSingle_AllBytesAtOnce_GivesTheBitsOfOneAtATime(DType dtype)
    {
        var bytes = stackalloc byte[256];
        for (var i = 0; i < 256; i++)
        {
            bytes[i] = (byte)i;
        }

        var run = new float[256 * 8 / dtype.Bits()];
        NumberFormats.ToSingle((nint)bytes, dtype, 0, run);
        for (var i = 0; i < run.Length; i++)
        {
            var one = 0f;
            NumberFormats.ToSingle((nint)bytes, dtype, i, new Span<float>(ref one));
            Assert.That(
                BitConverter.SingleToInt32Bits(run[i]), Is.EqualTo(BitConverter.SingleToInt32Bits(one)), $"element {i}");
        }
    }

    [Test]
    public void FromSingle_PackedAtOddElement_NamesTheElement()
    {
        Assert.That(
            () => NumberFormats.FromSingle([1f], DType.Float4E2M1, 0, 3),
            Throws.ArgumentException.With.Message.EqualTo(
                "A run of fp4-e2m1 must start on a whole byte, got element 3."));
    }
}
