namespace FusedMoe.Cpu.Tests.Formats;

public sealed class Float16Tests
{
    [Test]
    public void Float16ToSingle_EveryCode_EqualsTheDefinition()
    {
        var codes = Enumerable.Range(0, 65536).Select(c => (ushort)c).ToArray();
        var values = new float[codes.Length];

        NumberFormats.Float16ToSingle(codes, values);

        for (var code = 0; code < codes.Length; code++)
        {
            var exponent = (code >> 10) & 0x1F;
            var mantissa = code & 0x3FF;
            var magnitude = exponent switch
            {
                0 => mantissa * Math.Pow(2, -24),
                31 => mantissa == 0 ? double.PositiveInfinity : double.NaN,
                _ => (1024 + mantissa) * Math.Pow(2, exponent - 25),
            };
            var expected = (float)(code < 32768 ? magnitude : -magnitude);
            Assert.That(values[code], Is.EqualTo(expected), $"bulk, code {code:x4}");
            Assert.That(NumberFormats.Float16ToSingle((ushort)code), Is.EqualTo(expected), $"scalar, code {code:x4}");
            Assert.That(float.IsNegative(values[code]), Is.EqualTo(code >= 32768), $"sign of code {code:x4}");
        }
    }

    [Test]
    public void SingleToFloat16_EveryCodeAndItsMidpoints_RoundsToEven()
    {
        var source = new List<float>();
        var expected = new List<ushort>();
        for (var code = 0; code < 0x7BFF; code++)
        {
            var low = (double)NumberFormats.Float16ToSingle((ushort)code);
            var middle = (low + NumberFormats.Float16ToSingle((ushort)(code + 1))) / 2;
            Add((float)low, code);
            Add((float)middle, (code & 1) == 0 ? code : code + 1);
            Add(MathF.BitDecrement((float)middle), code);
            Add(MathF.BitIncrement((float)middle), code + 1);
        }

        Add(65519.996f, 0x7BFF);
        Add(65520f, 0x7C00);
        Add(float.MaxValue, 0x7C00);
        Add(float.PositiveInfinity, 0x7C00);
        var bulk = new ushort[source.Count];
        NumberFormats.SingleToFloat16(source.ToArray(), bulk);

        Assert.That(bulk, Is.EqualTo(expected));
        Assert.That(source.Select(NumberFormats.SingleToFloat16), Is.EqualTo(expected));

        void Add(float value, int code)
        {
            source.AddRange([value, -value]);
            expected.AddRange([(ushort)code, (ushort)(code | 0x8000)]);
        }
    }

    [Test]
    public void SingleToFloat16_NaN_StaysNaN()
    {
        var bulk = new ushort[16];

        NumberFormats.SingleToFloat16(Enumerable.Repeat(float.NaN, 16).ToArray(), bulk);

        Assert.That(bulk.Select(b => (b & 0x7C00) == 0x7C00 && (b & 0x3FF) != 0), Is.All.True);
    }
}
