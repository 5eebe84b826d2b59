using FusedMoe.Cpu;
using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Quantization;

public sealed class LiveRowsTests
{
    private const int Columns = 100;

    private static IEnumerable<QuantKey> BlockKeys => QuantKeys.All.Where(
        k => new CpuActivationQuantizer().Supports(k).IsYes && (k.Scale.IsStatic || k.Scale.Group.Rows <= 1));

    private static IEnumerable<QuantKey> RowKeys => BlockKeys.Where(k => k.Scale.IsStatic || k.Scale.Group.Rows == 1);

    private static QuantKey[] WholeKeys => [QuantKeys.Fp8DynamicTensor, QuantKeys.Int8DynamicTensor];

    [TestCaseSource(nameof(BlockKeys))]
    public void Quantize_BlocksOfRows_LeavesDeadRowsAndTheirScales(QuantKey key)
    {
        using var blocks = new BlockRows(key, Columns);
        blocks.Quantize(key);

        var (output, scales) = (blocks.Output.ToArray<byte>(), blocks.Scales.ToArray<byte>());
        var rows = BlockRows.Counts.Length * BlockRows.Rows;
        var rowBytes = output.Length / rows;
        for (var row = 0; row < rows; row++)
        {
            var isUntouched = output.AsSpan(row * rowBytes, rowBytes).IndexOfAnyExcept((byte)0xFF) < 0;
            Assert.That(isUntouched, Is.EqualTo(!BlockRows.IsLive(row)), $"row {row}");
        }

        if (key.Scale.Group.Rows == 1)
        {
            var scaleBytes = scales.Length / rows;
            var dead = Enumerable.Range(0, rows).Where(r => !BlockRows.IsLive(r));
            Assert.That(dead.SelectMany(r => scales.Skip(r * scaleBytes).Take(scaleBytes)), Is.All.EqualTo(0xFF));
        }
    }

    [TestCaseSource(nameof(RowKeys))]
    public void Quantize_BlocksOfRows_GivesLiveRowsTheBitsOfRowsAlone(QuantKey key)
    {
        using var blocks = new BlockRows(key, Columns);
        blocks.Quantize(key);
        var quantizer = new CpuActivationQuantizer();
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        var (allOutput, allScales) = (blocks.Output.ToArray<byte>(), blocks.Scales.ToArray<byte>());
        var (rows, given) = (BlockRows.Counts.Length * BlockRows.Rows, blocks.StaticScale.View);
        var flat = blocks.Input.Reshape(new TensorShape(rows, Columns));
        foreach (var row in Enumerable.Range(0, rows).Where(BlockRows.IsLive))
        {
            var input = flat.Slice(0, row, 1);
            using var output = new HostTensor(key.Element, input.Shape);
            using var scales = new HostTensor(key.Scale.DType, quantizer.ScaleShape(key, 1, Columns));
            var own = given.Elements > 1 ? given.Slice(0, row, 1) : given;
            quantizer.Quantize(input, key, own, output.View, scales.View, stream);
            var (elements, scale) = (output.ToArray<byte>(), scales.ToArray<byte>());
            var first = key.Scale.Group.Rows == 1 ? row * scale.Length : 0;
            Assert.That(
                allOutput.AsSpan(row * elements.Length, elements.Length).SequenceEqual(elements), $"row {row}");
            Assert.That(allScales.AsSpan(first, scale.Length).SequenceEqual(scale), $"scale of row {row}");
        }
    }

    [TestCase(0, 2)]
    [TestCase(1, 2)]
    [TestCase(3, 6)]
    [TestCase(100, 10)]
    [TestCase(int.MaxValue, 10)]
    public void Quantize_UnitsOfRows_WritesThoseOfTheLiveUnits(int rowsPerUnit, int expected)
    {
        const int Rows = 10;
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        var key = QuantKeys.Int8DynamicToken;
        using var input = HostTensor.Random(DType.Float32, Rows, Columns, 1);
        using var live = HostTensor.Of(DType.Int32, new TensorShape(1), 2);
        using var output = new HostTensor(key.Element, input.View.Shape);
        using var scales = HostTensor.Of(DType.Float32, new TensorShape(Rows, 1), Enumerable.Repeat(-1f, Rows));
        new CpuActivationQuantizer().Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = input.View,
                Output = output.View,
                Scales = scales.View,
                LiveRows = live.View,
                RowsPerUnit = rowsPerUnit,
            },
            stream);
        Assert.That(
            scales.ToArray<float>().Select(s => s > 0), Is.EqualTo(Enumerable.Range(0, Rows).Select(r => r < expected)));
    }

    [TestCaseSource(nameof(WholeKeys))]
    public void Quantize_OneScaleForAllBlocks_GivesTheBitsOfTheLiveRowsTogether(QuantKey key)
    {
        using var blocks = new BlockRows(key, Columns);
        blocks.Quantize(key);
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        var rows = Enumerable.Range(0, BlockRows.Counts.Length * BlockRows.Rows).Where(BlockRows.IsLive).ToArray();
        var flat = blocks.Input.Reshape(new TensorShape(BlockRows.Counts.Length * BlockRows.Rows, Columns));
        using var together = new HostTensor(DType.BFloat16, new TensorShape(rows.Length, Columns));
        for (var i = 0; i < rows.Length; i++)
        {
            flat.Slice(0, rows[i], 1).AsSpan<ushort>().CopyTo(together.View.Slice(0, i, 1).AsSpan<ushort>());
        }

        using var output = new HostTensor(key.Element, together.View.Shape);
        using var scales = new HostTensor(key.Scale.DType, new TensorShape(1, 1));
        new CpuActivationQuantizer().Quantize(together.View, key, TensorView.None, output.View, scales.View, stream);

        var elements = blocks.Output.ToArray<byte>();
        Assert.That(blocks.Scales.ToArray<float>(), Is.EqualTo(scales.ToArray<float>()));
        Assert.That(
            rows.SelectMany(r => elements.Skip(r * Columns).Take(Columns)), Is.EqualTo(output.ToArray<byte>()));
    }

    [Test]
    public void Quantize_OneScaleForNoLiveRow_IsThatOfZeros([Values(1, 2)] int blocks)
    {
        var scale = ScaleOfNoLiveRow(QuantKeys.Fp8DynamicTensor, TensorView.None, blocks);

        Assert.That(scale, Is.EqualTo(1e-12f / 448).Within(1).Ulps);
    }

    [Test]
    public void Quantize_GivenScaleForNoLiveRow_IsHandedOn([Values(1, 2)] int blocks)
    {
        using var given = HostTensor.Of(DType.Float32, new TensorShape(1), 0.375f);

        Assert.That(ScaleOfNoLiveRow(QuantKeys.Fp8StaticTensor, given.View, blocks), Is.EqualTo(0.375f));
    }

    [Test]
    public void Quantize_StaticScalesInTheBlocksShape_AreThoseOfTheirRows()
    {
        var key = QuantKeys.Find("fp8-static-token")!;
        using var expected = new BlockRows(key, Columns);
        expected.Quantize(key);
        using var blocks = new BlockRows(key, Columns);

        blocks.Quantize(key, blocks.StaticScale.View.Reshape(new TensorShape(BlockRows.Counts.Length, BlockRows.Rows, 1)));

        Assert.That(blocks.Scales.ToArray<byte>(), Is.EqualTo(expected.Scales.ToArray<byte>()));
        Assert.That(blocks.Output.ToArray<byte>(), Is.EqualTo(expected.Output.ToArray<byte>()));
    }

    [Test]
    public void Quantize_StaticScalesOfAKeyWithout_AreNotRead()
    {
        var key = QuantKeys.Fp8DynamicToken;
        using var expected = new BlockRows(key, Columns);
        expected.Quantize(key, TensorView.None);
        using var blocks = new BlockRows(key, Columns);
        using var other = HostTensor.Of(DType.Float32, new TensorShape(3), 1f, 2f, 3f);

        blocks.Quantize(key, other.View);

        Assert.That(blocks.Output.ToArray<byte>(), Is.EqualTo(expected.Output.ToArray<byte>()));
    }

    [Test]
    public void Quantize_ScalesThatSpanRowsOfBlocks_AreRefusedByName()
    {
        var key = QuantKeys.Fp8DynamicBlock128;
        using var blocks = new BlockRows(key, Columns);
        Assert.That(
            () => blocks.Quantize(key),
            Throws.ArgumentException.With.Message.EqualTo(
                "scales of blocks of rows must belong to one row, be given or be one for all, "
                + $"got {key.Scale.Group} ({key.Name})."));
    }

    [Test]
    public void Quantize_OneCountForSixBlocks_NamesBoth()
    {
        using var blocks = new BlockRows(QuantKeys.Fp8DynamicToken, Columns);
        Assert.That(
            () => QuantizationBlocks.Of(
                new QuantizationCall
                {
                    Key = QuantKeys.Fp8DynamicToken,
                    Input = blocks.Input,
                    Output = blocks.Output.View,
                    Scales = blocks.Scales.View,
                    LiveRows = blocks.Live.View.Slice(0, 0, 1),
                }),
            Throws.ArgumentException.With.Message.StartsWith("live rows must be int32 [6], got int32 [1]"));
    }

    private static float ScaleOfNoLiveRow(QuantKey key, TensorView given, int blocks)
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        using var input = HostTensor.Random(DType.Float32, 2 * blocks, Columns, 1);
        using var live = HostTensor.Of(DType.Int32, new TensorShape(blocks), Enumerable.Repeat(0, blocks).ToArray());
        using var output = new HostTensor(key.Element, input.View.Shape);
        using var scales = HostTensor.Of(DType.Float32, new TensorShape(1, 1), float.NaN);
        var shape = blocks == 1 ? input.View.Shape : new TensorShape(blocks, 2, Columns);

        new CpuActivationQuantizer().Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = input.View.Reshape(shape),
                StaticScale = given,
                Output = output.View.Reshape(shape),
                Scales = scales.View,
                LiveRows = live.View,
            },
            stream);

        Assert.That(output.ToArray<byte>(), Is.All.EqualTo(0xFF), "what a new tensor holds");
        return scales.ToArray<float>()[0];
    }
}
