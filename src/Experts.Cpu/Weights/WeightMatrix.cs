using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>
/// One of the two weights with its scales, zero points and bias, as addresses: made anew for each call.
/// </summary>
internal readonly unsafe struct WeightMatrix
{
    private readonly TensorView _elements;
    private readonly TensorView _scales;
    private readonly TensorView _globalScales;
    private readonly TensorView _zeroPoints;
    private readonly TensorView _bias;
    private readonly DType _scaleType;
    private readonly long _expertStride;
    private readonly long _rowStride;
    private readonly long _blockRows;
    private readonly long _blockColumns;
    private readonly long _down;
    private readonly long _across;
    private readonly bool _isQuantized;
    private readonly float _impliedZero;

    private WeightMatrix(
        QuantKey? key, TensorView elements, TensorView scales, TensorView globalScales, TensorView zeroPoints,
        TensorView bias)
    {
        (_elements, _scales, _globalScales, _zeroPoints, _bias) = (elements, scales, globalScales, zeroPoints, bias);
        Rows = (int)elements.Shape[1];
        Columns = (int)elements.Shape[2];
        _expertStride = elements.Strides[0];
        _rowStride = elements.Strides[1];
        _isQuantized = key is not null;
        _impliedZero = elements.DType switch { DType.UInt4 => 8f, DType.UInt8 => 128f, _ => 0f };
        if (key is not null)
        {
            _scaleType = key.Scale.DType == DType.Float32 ? scales.DType : key.Scale.DType;
            (_blockRows, _blockColumns) = WeightsCheck.ScaleBlock(key.Scale.Group, Rows, Columns);
            (_down, _across) = WeightsCheck.ScaleGrid(key.Scale.Group, Rows, Columns);
        }
    }

    /// <summary>Output channels of one expert.</summary>
    public int Rows { get; }

    /// <summary>Length of the dot products.</summary>
    public int Columns { get; }

    /// <summary>True when there is a bias.</summary>
    public bool HasBias => !_bias.IsNone;

    /// <summary>Bytes between two rows; meaningful for types of whole bytes.</summary>
    public nint RowStrideBytes => (nint)(_rowStride * _elements.DType.Bits() / 8);

    /// <summary>The first weight.</summary>
    public static WeightMatrix First(ExpertWeights w, QuantKey? key) =>
        new(key, w.W13, w.W13Scale, w.W13GlobalScale, w.W13ZeroPoints, w.W13Bias);

    /// <summary>The second weight.</summary>
    public static WeightMatrix Second(ExpertWeights w, QuantKey? key) =>
        new(key, w.W2, w.W2Scale, w.W2GlobalScale, w.W2ZeroPoints, w.W2Bias);

    /// <summary>Address of a row of elements of whole bytes.</summary>
    public byte* Row(int expert, int row) =>
        (byte*)_elements.Pointer + (((expert * _expertStride) + (row * _rowStride)) * _elements.DType.Bits() / 8);

    /// <summary>Bias of one output channel, 0 without one.</summary>
    public float Bias(int expert, int row)
    {
        float bias = 0;
        if (HasBias)
        {
            NumberFormats.ToSingle(_bias.Pointer, _bias.DType, ((long)expert * Rows) + row, new Span<float>(ref bias));
        }

        return bias;
    }

    /// <summary>Writes one row as float32, dequantized.</summary>
    public void Decode(int expert, int row, float* destination)
    {
        var start = (expert * _expertStride) + (row * _rowStride);
        NumberFormats.ToSingle(_elements.Pointer, _elements.DType, start, new Span<float>(destination, Columns));
        if (!_isQuantized)
        {
            return;
        }

        var global = _globalScales.IsNone ? 1f : ((float*)_globalScales.Pointer)[expert];
        var grid = ((expert * _down) + (row / _blockRows)) * _across;
        for (var block = 0; block < _across; block++)
        {
            var scale = Scale(grid + block);
            var column = (int)(block * _blockColumns);
            var count = (int)Math.Min(_blockColumns, Columns - column);
            Spans.SubtractScale(destination + column, count, Zero(expert, row, block), scale * global);
        }
    }

    private float Scale(long index) => _scaleType switch
    {
        DType.Float32 => ((float*)_scales.Pointer)[index],
        DType.Float8E8M0 => NumberFormats.E8M0ToSingle(((byte*)_scales.Pointer)[index]),
        DType.Float8E4M3 => NumberFormats.E4M3ToSingle(((byte*)_scales.Pointer)[index]),
        DType.BFloat16 => NumberFormats.BFloat16ToSingle(((ushort*)_scales.Pointer)[index]),
        _ => NumberFormats.Float16ToSingle(((ushort*)_scales.Pointer)[index]),
    };

    private float Zero(int expert, int row, int block)
    {
        if (_zeroPoints.IsNone)
        {
            return _impliedZero;
        }

        var index = ((((long)expert * ((Rows + 1) / 2)) + (row / 2)) * _across) + block;
        return (((byte*)_zeroPoints.Pointer)[index] >> (row % 2 * 4)) & 15;
    }
}
