namespace FusedMoe.Cpu.Tests.Formats;

public sealed class Float8Tests
{
    private static readonly DType[] Formats = [DType.Float8E4M3, DType.Float8E5M2];

    [TestCaseSource(nameof(Formats))]
    public unsafe void ToSingle_EveryCode_EqualsTheDefinition(DType dtype)
    {
        var codes = Enumerable.Range(0, 256).Select(c => (byte)c).ToArray();
        var values = new float[256];

        fixed (byte* p = codes)
        {
            NumberFormats.ToSingle((nint)p, dtype, 0, values);
        }

        for (var code = 0; code < 256; code++)
        {
            var expected = Define(dtype, code);
            Assert.That(values[code], Is.EqualTo(expected), $"code {code:x2}");
            Assert.That(Scalar(dtype, (byte)code), Is.EqualTo(expected), $"scalar, code {code:x2}");
            var signAgrees = float.IsNaN(expected) || float.IsNegative(values[code]) == code >= 128;
            Assert.That(signAgrees, $"sign of code {code:x2}");
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void FromSingle_EveryFiniteCodeAndItsMidpoints_RoundsToEven(DType dtype)
    {
        var top = dtype == DType.Float8E4M3 ? 0x7E : 0x7B;
        var source = new List<float>();
        var expected = new List<byte>();
        for (var code = 0; code <= top; code++)
        {
            Add(Define(dtype, code), code);
            if (code < top)
            {
                var middle = (Define(dtype, code) + Define(dtype, code + 1)) / 2;
                Add(middle, (code & 1) == 0 ? code : code + 1);
                Add(MathF.BitDecrement(middle), code);
                Add(MathF.BitIncrement(middle), code + 1);
            }
        }

        Add(Define(dtype, top) * 1.0625f, top);
        Add(1e9f, top);
        Add(float.PositiveInfinity, top);
        Add(float.Epsilon, 0);

        Assert.That(Bulk(dtype, source.ToArray()), Is.EqualTo(expected));
        Assert.That(source.Select(v => Scalar(dtype, v)), Is.EqualTo(expected));

        void Add(float value, int code)
        {
            source.AddRange([value, -value]);
            expected.AddRange([(byte)code, (byte)(code | 0x80)]);
        }
    }

    [TestCaseSource(nameof(Formats))]
    public void FromSingle_NaN_StaysNaN(DType dtype)
    {
        var codes = Bulk(dtype, Enumerable.Repeat(float.NaN, 17).ToArray());

        Assert.That(codes.Select(c => Scalar(dtype, c)), Is.All.NaN);
    }

    // OCP FP8, table 1: largest values, smallest normals, smallest subnormals.
    [TestCase(DType.Float8E4M3, 0x7E, 448f)]
    [TestCase(DType.Float8E4M3, 0x08, 0.015625f)]
    [TestCase(DType.Float8E4M3, 0x01, 0.001953125f)]
    [TestCase(DType.Float8E5M2, 0x7B, 57344f)]
    [TestCase(DType.Float8E5M2, 0x04, 6.103515625e-05f)]
    [TestCase(DType.Float8E5M2, 0x01, 1.52587890625e-05f)]
    [TestCase(DType.Float8E5M2, 0x7C, float.PositiveInfinity)]
    public void ToSingle_PublishedValue_IsEqual(DType dtype, int code, float expected)
    {
        Assert.That(Scalar(dtype, (byte)code), Is.EqualTo(expected));
    }

    private static float Define(DType dtype, int code)
    {
        var (mantissaBits, bias) = dtype == DType.Float8E4M3 ? (3, 7) : (2, 15);
        var exponent = (code & 0x7F) >> mantissaBits;
        var mantissa = code & ((1 << mantissaBits) - 1);
        var magnitude = exponent == 0
            ? mantissa * Math.Pow(2, 1 - bias - mantissaBits)
            : (1 + (mantissa / Math.Pow(2, mantissaBits))) * Math.Pow(2, exponent - bias);
        if (dtype == DType.Float8E5M2 && exponent == 31)
        {
            magnitude = mantissa == 0 ? double.PositiveInfinity : double.NaN;
        }
        else if (dtype == DType.Float8E4M3 && (code & 0x7F) == 0x7F)
        {
            magnitude = double.NaN;
        }

        return (float)(code < 128 ? magnitude : -magnitude);
    }

    private static float Scalar(DType dtype, byte code) =>
        dtype == DType.Float8E4M3 ? NumberFormats.E4M3ToSingle(code) : NumberFormats.E5M2ToSingle(code);

    private static byte Scalar(DType dtype, float value) =>
        dtype == DType.Float8E4M3 ? NumberFormats.SingleToE4M3(value) : NumberFormats.SingleToE5M2(value);

    private static unsafe byte[] Bulk(DType dtype, float[] source)
    {
        var result = new byte[source.Length];
        fixed (byte* p = result)
        {
            NumberFormats.FromSingle(source, dtype, (nint)p, 0);
        }

        return result;
    }
}
