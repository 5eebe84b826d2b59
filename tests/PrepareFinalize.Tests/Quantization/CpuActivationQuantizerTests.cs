using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Quantization;

public sealed class CpuActivationQuantizerTests
{
    private static readonly QuantKey[] Computed =
    [
        QuantKeys.Fp8DynamicTensor, QuantKeys.Fp8DynamicToken, QuantKeys.Fp8DynamicBlock128,
        QuantKeys.Fp8DynamicGroup128, QuantKeys.Fp8DynamicGroup64, QuantKeys.Fp8DynamicGroup32,
        QuantKeys.Int8DynamicTensor, QuantKeys.Int8DynamicToken, QuantKeys.Mxfp8Dynamic, QuantKeys.Mxfp4Dynamic,
    ];

    private static readonly QuantKey[] Refused =
    [
        QuantKeys.Fp8StaticChannel, QuantKeys.Fp8StaticBlock128, QuantKeys.Int4StaticGroup128, QuantKeys.Mxfp4Static,
        QuantKeys.Nvfp4Static, QuantKeys.Int8StaticGroup128,
    ];

    [Test]
    public void Quantize_ComputedScale_FollowsTheFormula(
        [ValueSource(nameof(Computed))] QuantKey key,
        [Values(DType.Float32, DType.BFloat16, DType.Float16)] DType dtype)
    {
        const int Rows = 131;
        const int Columns = 200;
        using var input = HostTensor.Random(dtype, Rows, Columns, 21, 3f);
        var before = input.ToArray<byte>();

        var (scales, elements) = Run(input.View, key);

        var values = input.ToFloats();
        var max = key.Element == DType.Int8 ? 127f : key.Element == DType.Float4E2M1 ? 6f : 448f;
        var groupRows = key.Scale.Group.Rows < 0 ? Rows : key.Scale.Group.Rows;
        var groupColumns = key.Scale.Group.Columns < 0 ? Columns : key.Scale.Group.Columns;
        var scaleColumns = (Columns + groupColumns - 1) / groupColumns;
        Assert.That(scales, Has.Length.EqualTo((Rows + groupRows - 1) / groupRows * scaleColumns));
        for (var i = 0; i < values.Length; i++)
        {
            var (r, c) = (i / Columns / groupRows, i % Columns / groupColumns);
            var group = values.Where((_, j) => j / Columns / groupRows == r && j % Columns / groupColumns == c);
            if (i % Columns % groupColumns == 0 && i / Columns % groupRows == 0)
            {
                var expected = group.Max(MathF.Abs) / max;
                expected = key.Scale.DType == DType.Float8E8M0 ? NextPowerOfTwo(expected) : expected;
                Assert.That(scales[(r * scaleColumns) + c], Is.EqualTo(expected), $"scale {r}, {c}");
            }

            // Half a step: 1 for int8, 2^-3 of an fp8 value in [1, 2), 1 between the largest fp4 values.
            var scaled = Math.Abs(values[i] / scales[(r * scaleColumns) + c]);
            var half = key.Element switch
            {
                DType.Int8 => 0.5001,
                DType.Float4E2M1 => scaled > 4 ? 1.0001 : scaled > 2 ? 0.5001 : 0.2501,
                _ => Math.Max(scaled / 15.9, 0.001),
            };
            var exact = values[i] / scales[(r * scaleColumns) + c];
            if (Math.Abs(elements[i] - exact) > half)
            {
                Assert.Fail($"element {i} is {elements[i]}, exactly {exact}");
            }
        }

        Assert.That(input.ToArray<byte>(), Is.EqualTo(before));
    }

    [Test]
    public void Quantize_Fp8TokenByHand_GivesTheCodes()
    {
        // amax 448 gives scale 1: 17 lies between 16 and 18, a tie that goes to the even mantissa 16.
        using var input = HostTensor.Of(
            DType.Float32, new float[,] { { 448f, 17f, -19f, 0.001953125f }, { 1f, 0.5f, -0.25f, 0f } });

        var (scales, elements) = Run(input.View, QuantKeys.Fp8DynamicToken);

        Assert.That(scales, Is.EqualTo(new[] { 1f, 1f / 448f }));
        Assert.That(elements, Is.EqualTo(new[] { 448f, 16f, -20f, 0.001953125f, 448f, 224f, -112f, 0f }));
    }

    [Test]
    public void Quantize_Int8TensorByHand_GivesTheValues()
    {
        using var input = HostTensor.Of(DType.Float32, new float[,] { { 254f, 1f }, { 3f, -254f } });

        var (scales, elements) = Run(input.View, QuantKeys.Int8DynamicTensor);

        // Scale 2: 0.5 and 1.5 are ties that go to 0 and 2.
        Assert.That(scales, Is.EqualTo(new[] { 2f }));
        Assert.That(elements, Is.EqualTo(new[] { 127f, 0f, 2f, -127f }));
    }

    [Test]
    public void Quantize_StaticTensor_UsesTheGivenScaleAndSaturates()
    {
        using var input = HostTensor.Of(DType.BFloat16, new float[,] { { 1f, -2f, 4000f } });
        using var scale = HostTensor.Of(DType.Float32, new TensorShape(1), 0.5f);

        var (fp8Scales, fp8) = Run(input.View, QuantKeys.Fp8StaticTensor, scale.View);
        var (_, int8) = Run(input.View, QuantKeys.Int8StaticTensor, scale.View);

        Assert.That(fp8Scales, Is.EqualTo(new[] { 0.5f }));
        Assert.That(fp8, Is.EqualTo(new[] { 2f, -4f, 448f }));
        Assert.That(int8, Is.EqualTo(new[] { 2f, -4f, 127f }));
    }

    [Test]
    public void Quantize_StaticToken_UsesEachRowsScale()
    {
        using var input = HostTensor.Of(DType.Float32, new float[,] { { 1f, 2f }, { 1f, 2f } });
        using var scale = HostTensor.Of(DType.Float32, new TensorShape(2, 1), 1f, 0.25f);

        var (scales, elements) = Run(input.View, QuantKeys.Fp8StaticToken, scale.View);

        Assert.That(scales, Is.EqualTo(new[] { 1f, 0.25f }));
        Assert.That(elements, Is.EqualTo(new[] { 1f, 2f, 4f, 8f }));
    }

    [Test]
    public void Quantize_Mxfp4ByHand_RoundsTheScaleUpToAPowerOfTwo()
    {
        // amax 7: 7 / 6 = 1.17 rounds up to 2; 7 / 2 = 3.5 is a tie between 3 and 4 and goes to the even code of 4.
        using var input = HostTensor.Of(DType.Float32, new float[,] { { 7f, 1f, -3f, 0.4f } });

        var (scales, elements) = Run(input.View, QuantKeys.Mxfp4Dynamic);

        Assert.That(scales, Is.EqualTo(new[] { 2f }));
        Assert.That(elements, Is.EqualTo(new[] { 4f, 0.5f, -1.5f, 0f }));
    }

    [Test]
    public void Quantize_Nvfp4ByHand_ScalesUnderTheSecondLevel()
    {
        // Second level 0.5. Columns 0 to 15: 12 / 6 / 0.5 = 4, divisor 2. Columns 16 to 17: 0.75 / 6 / 0.5 = 0.25,
        // divisor 0.125.
        var values = new float[1, 18];
        (values[0, 0], values[0, 1], values[0, 2], values[0, 16], values[0, 17]) = (12f, -2f, 1f, 0.75f, -0.125f);
        using var input = HostTensor.Of(DType.Float32, values);
        using var second = HostTensor.Of(DType.Float32, new TensorShape(1), 0.5f);

        var (scales, elements) = Run(input.View, QuantKeys.Nvfp4Dynamic, second.View);

        Assert.That(scales, Is.EqualTo(new[] { 4f, 0.25f }));
        Assert.That((elements[0], elements[1], elements[2]), Is.EqualTo((6f, -1f, 0.5f)));
        Assert.That((elements[16], elements[17]), Is.EqualTo((6f, -1f)));
    }

    [TestCaseSource(nameof(Computed))]
    public void Quantize_Zeros_GivesZerosAndAFiniteScale(QuantKey key)
    {
        using var input = new HostTensor(DType.BFloat16, new TensorShape(2, 64), poison: 0);

        var (scales, elements) = Run(input.View, key);

        Assert.That(elements, Is.All.Zero);
        Assert.That(scales, Is.All.GreaterThan(0f).And.All.LessThan(1e-10f));
    }

    [Test]
    public void Quantize_NaNAndInfinity_StayInTheirRow()
    {
        using var input = HostTensor.Of(DType.Float32, new float[,]
        {
            { 1f, 2f }, { float.NaN, 2f }, { float.PositiveInfinity, 2f }, { 1f, 2f },
        });

        var (scales, elements) = Run(input.View, QuantKeys.Fp8DynamicToken);

        Assert.That((scales[3], elements[6], elements[7]), Is.EqualTo((scales[0], elements[0], elements[1])));
        Assert.That(elements[2], Is.NaN);
        Assert.That(scales[1], Is.EqualTo(2f / 448f));
        Assert.That(elements[4] * scales[2], Is.NaN);
    }

    [TestCaseSource(nameof(Refused))]
    public void Supports_WeightKey_IsRefusedByName(QuantKey key)
    {
        var refusal = new CpuActivationQuantizer().Supports(key).Refusal!;

        Assert.That(refusal.Code, Is.EqualTo(RefusalCodes.QuantScheme));
        Assert.That(refusal.Sentence, Is.EqualTo(
            "activation quantization must be fp8, int8 or fp4, symmetric, with a static scale a tensor or token or a "
            + $"computed one, got {key.Name}."));
    }

    [TestCaseSource(nameof(Computed))]
    public void Quantize_NoRows_DoesNothing(QuantKey key)
    {
        using var input = new HostTensor(DType.BFloat16, new TensorShape(0, 64));

        Assert.That(() => Run(input.View, key), Throws.Nothing);
    }

    [Test]
    public void Quantize_WrongScales_NamesBothShapes()
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        using var input = new HostTensor(DType.BFloat16, new TensorShape(2, 256));
        using var output = new HostTensor(DType.Float8E4M3, new TensorShape(2, 256));
        using var scales = new HostTensor(DType.Float32, new TensorShape(2, 1));

        Assert.That(
            () => new CpuActivationQuantizer().Quantize(
                input.View, QuantKeys.Fp8DynamicGroup128, default, output.View, scales.View, stream),
            Throws.ArgumentException.With.Message.StartsWith(
                "scales must be float32 [2, 2], got float32 [2, 1] on cpu."));
    }

    [TestCaseSource(nameof(Computed))]
    [Retry(3)] // The runtime itself may allocate once on a thread; what a call allocates fails every time.
    public void Quantize_AnyThreadCount_GivesTheSameBytesAndAllocatesNothing(QuantKey key)
    {
        using var input = HostTensor.Random(DType.BFloat16, 300, 256, 4);
        var quantizer = new CpuActivationQuantizer();
        var results = new List<byte[]>();
        foreach (var workers in new[] { 1, 3 })
        {
            using var pool = new WorkerPool(workers);
            using var device = new CpuDevice(pool);
            using var stream = device.CreateStream();
            using var output = new HostTensor(key.Element, input.View.Shape);
            using var scales = new HostTensor(key.Scale.DType, quantizer.ScaleShape(key, 300, 256));
            quantizer.Quantize(input.View, key, default, output.View, scales.View, stream);
            var before = GC.GetAllocatedBytesForCurrentThread();
            quantizer.Quantize(input.View, key, default, output.View, scales.View, stream);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
            results.Add([.. output.ToArray<byte>(), .. scales.ToArray<byte>()]);
        }

        Assert.That(results[1], Is.EqualTo(results[0]));
    }

    private static float NextPowerOfTwo(float value) => (float)Math.Pow(2, Math.Ceiling(Math.Log2(value)));

    private static (float[] Scales, float[] Elements) Run(
        TensorView input, QuantKey key, TensorView staticScale = default)
    {
        var quantizer = new CpuActivationQuantizer();
        var (rows, columns) = ((int)input.Shape[0], (int)input.Shape[1]);
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        using var output = new HostTensor(key.Element, input.Shape);
        using var scales = new HostTensor(key.Scale.DType, quantizer.ScaleShape(key, rows, columns));
        Assert.That(quantizer.Supports(key).IsYes);
        quantizer.Quantize(input, key, staticScale, output.View, scales.View, stream);
        return (scales.ToFloats(), output.ToFloats());
    }
}
