namespace FusedMoe.Experts.Cpu.Reference;

/// <summary>One of the two weights with what belongs to it, read a row at a time as float64.</summary>
internal readonly struct ReferenceMatrix
{
    private readonly TensorView _elements;
    private readonly TensorView _scales;
    private readonly TensorView _globalScales;
    private readonly TensorView _zeroPoints;
    private readonly TensorView _bias;
    private readonly QuantKey? _key;

    private ReferenceMatrix(
        QuantKey? key, TensorView elements, TensorView scales, TensorView globalScales, TensorView zeroPoints,
        TensorView bias)
    {
        (_key, _elements, _scales) = (key, elements, scales);
        (_globalScales, _zeroPoints, _bias) = (globalScales, zeroPoints, bias);
    }

    /// <summary>The first weight.</summary>
    public static ReferenceMatrix First(ExpertWeights w, QuantKey? key) =>
        new(key, w.W13, w.W13Scale, w.W13GlobalScale, w.W13ZeroPoints, w.W13Bias);

    /// <summary>The second weight.</summary>
    public static ReferenceMatrix Second(ExpertWeights w, QuantKey? key) =>
        new(key, w.W2, w.W2Scale, w.W2GlobalScale, w.W2ZeroPoints, w.W2Bias);

    /// <summary>Row <paramref name="n"/> of expert <paramref name="e"/>, dequantized; returns its bias.</summary>
    public double ReadRow(int e, int n, Span<double> row)
    {
        var start = (e * _elements.Strides[0]) + (n * _elements.Strides[1]);
        var global = _globalScales.IsNone ? 1 : ReferenceNumbers.Read(_globalScales.Pointer, _globalScales.DType, e);
        for (var c = 0; c < row.Length; c++)
        {
            var element = ReferenceNumbers.Read(_elements.Pointer, _elements.DType, start + c);
            row[c] = _key is null ? element : (element - Zero(e, n, c)) * Scale(e, n, c) * global;
        }

        return _bias.IsNone ? 0 : ReferenceNumbers.Read(_bias.Pointer, _bias.DType, (e * _elements.Shape[1]) + n);
    }

    private double Scale(int e, int n, int c)
    {
        var (rows, columns) = (_elements.Shape[1], _elements.Shape[2]);
        var group = _key!.Scale.Group;
        var (r, k) = group == GroupShape.PerChannel ? (1, columns)
            : (group.Rows < 0 ? rows : group.Rows, group.Columns < 0 ? columns : group.Columns);
        var (down, across) = ((rows + r - 1) / r, (columns + k - 1) / k);
        var index = (((e * down) + (n / r)) * across) + (c / k);
        var type = _key.Scale.DType == DType.Float8E8M0 ? DType.Float8E8M0 : _scales.DType;
        return ReferenceNumbers.Read(_scales.Pointer, type, index);
    }

    private double Zero(int e, int n, int c)
    {
        if (!_zeroPoints.IsNone)
        {
            var (rows, groups) = ((_elements.Shape[1] + 1) / 2, _elements.Shape[2] / _key!.Scale.Group.Columns);
            var index = (((e * rows) + (n / 2)) * groups) + (c / _key.Scale.Group.Columns);
            return ((int)ReferenceNumbers.Read(_zeroPoints.Pointer, DType.UInt8, index) >> (n % 2 * 4)) & 15;
        }

        return _elements.DType switch { DType.UInt4 => 8, DType.UInt8 => 128, _ => 0 };
    }
}
