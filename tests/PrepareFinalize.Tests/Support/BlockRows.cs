using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize.Tests.Support;

/// <summary>Blocks of rows with a count each, of which dead rows hold NaN, and the tensors to quantize them.</summary>
internal sealed class BlockRows : IDisposable
{
    /// <summary>Rows of a block.</summary>
    public const int Rows = 7;

    /// <summary>The first block is empty; the last counts are kept inside 0 … <see cref="Rows"/>.</summary>
    public static readonly int[] Counts = [0, 5, 1, Rows, Rows + 2, -1];

    private readonly HostTensor _input;

    public BlockRows(QuantKey key, int columns)
    {
        var rows = Counts.Length * Rows;
        _input = HostTensor.Random(DType.BFloat16, rows, columns, 23);
        for (var row = 0; row < rows; row++)
        {
            if (!IsLive(row))
            {
                _input.View.Slice(0, row, 1).AsSpan<ushort>().Fill(ushort.MaxValue);
            }
        }

        var given = key.Scale.Group == GroupShape.PerToken ? rows : 1;
        var scales = Enumerable.Range(0, given).Select(i => 0.0125f + (i / 1024f));
        StaticScale = HostTensor.Of(DType.Float32, new TensorShape(given), scales);
        Live = HostTensor.Of(DType.Int32, new TensorShape(Counts.Length), Counts);
        Output = new HostTensor(key.Element, Shape(columns));
        Scales = new HostTensor(key.Scale.DType, new CpuActivationQuantizer().ScaleShape(key, rows, columns));
    }

    public TensorView Input => _input.View.Reshape(Shape((int)_input.View.Shape[1]));

    public HostTensor StaticScale { get; }

    public HostTensor Live { get; }

    public HostTensor Output { get; }

    public HostTensor Scales { get; }

    public static bool IsLive(int row) => row % Rows < Counts[row / Rows];

    /// <summary>Quantizes on the CPU.</summary>
    public void Quantize(QuantKey key) => Quantize(key, StaticScale.View);

    /// <summary>Quantizes on the CPU with static scales that a test brings.</summary>
    public void Quantize(QuantKey key, TensorView staticScale)
    {
        using var device = new CpuDevice();
        using var stream = device.CreateStream();
        new CpuActivationQuantizer().Quantize(
            new QuantizationCall
            {
                Key = key,
                Input = Input,
                StaticScale = staticScale,
                Output = Output.View,
                Scales = Scales.View,
                LiveRows = Live.View,
            },
            stream);
    }

    public void Dispose()
    {
        _input.Dispose();
        StaticScale.Dispose();
        Live.Dispose();
        Output.Dispose();
        Scales.Dispose();
    }

    private static TensorShape Shape(int columns) => new(Counts.Length, Rows, columns);
}
