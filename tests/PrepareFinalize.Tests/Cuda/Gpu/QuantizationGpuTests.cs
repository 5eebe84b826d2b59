using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class QuantizationGpuTests : StepGpuFixture
{
    private static IEnumerable<QuantKey> AllKeys => QuantKeys.All.Where(
        k => CudaQuantization.For(k) is not null && new CpuActivationQuantizer().Supports(k).IsYes);

    private static IEnumerable<QuantKey> BlockKeys => AllKeys.Where(k => k.Scale.IsStatic || k.Scale.Group.Rows <= 1);

    [Test]
    public void Quantize_BlocksOfRows_LeavesDeadRowsTheirBitsAsTheCpuDoes(
        [ValueSource(nameof(BlockKeys))] QuantKey key, [Values(256, 100)] int columns)
    {
        using var blocks = new BlockRows(key, columns);
        blocks.Quantize(key);
        using var input = Upload(blocks.Input);
        using var given = Upload(blocks.StaticScale.View);
        using var live = Upload(blocks.Live.View);
        using var output = new GpuTensor(Stream, key.Element, blocks.Output.View.Shape);
        using var scales = new GpuTensor(Stream, key.Scale.DType, blocks.Scales.View.Shape);
        new CudaActivationQuantizer(Launcher).Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = input.View,
                StaticScale = given.View,
                Output = output.View,
                Scales = scales.View,
                LiveRows = live.View,
            },
            Stream);
        Assert.That(scales.Bytes(), Is.EqualTo(blocks.Scales.ToArray<byte>()), $"scales of {key}");
        Assert.That(output.Bytes(), Is.EqualTo(blocks.Output.ToArray<byte>()), $"elements of {key}");
    }

    [Test]
    public void Quantize_LiveRowsOfOneBlock_HasTheBitsOfTheCpu(
        [ValueSource(nameof(AllKeys))] QuantKey key, [Values(0, 6)] int rowsPerUnit)
    {
        const int Rows = 150;
        const int Columns = 384;
        using var input = HostTensor.Random(DType.Float16, Rows, Columns, 4);
        using var live = HostTensor.Of(DType.Int32, new TensorShape(1), rowsPerUnit == 0 ? 131 : 22);
        var given = key.Scale.Group == GroupShape.PerToken ? Rows : 1;
        using var scale = HostTensor.Of(DType.Float32, new TensorShape(given), Enumerable.Repeat(0.0125f, given));
        using var output = new HostTensor(key.Element, input.View.Shape);
        using var scales = new HostTensor(key.Scale.DType, new CpuActivationQuantizer().ScaleShape(key, Rows, Columns));
        new CpuActivationQuantizer().Quantize(Call(input.View, scale.View, output.View, scales.View, live.View), HostStream);
        using var gpuInput = Upload(input.View);
        using var gpuScale = Upload(scale.View);
        using var gpuLive = Upload(live.View);
        using var gpuOutput = new GpuTensor(Stream, key.Element, input.View.Shape);
        using var gpuScales = new GpuTensor(Stream, key.Scale.DType, scales.View.Shape);
        new CudaActivationQuantizer(Launcher).Quantize(
            Call(gpuInput.View, gpuScale.View, gpuOutput.View, gpuScales.View, gpuLive.View), Stream);
        Assert.That(gpuScales.Bytes(), Is.EqualTo(scales.ToArray<byte>()), $"scales of {key}");
        Assert.That(gpuOutput.Bytes(), Is.EqualTo(output.ToArray<byte>()), $"elements of {key}");

        QuantizationCall Call(
            TensorView rows, TensorView fixedScale, TensorView elements, TensorView made, TensorView count) => new()
            {
                Key = key,
                Input = rows,
                StaticScale = fixedScale,
                Output = elements,
                Scales = made,
                LiveRows = count,
                RowsPerUnit = rowsPerUnit,
            };
    }
}
