using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <summary>Rows of hidden states as float32: converted, and dequantized when prepare quantized them.</summary>
internal readonly unsafe struct HiddenDecoder
{
    private readonly TensorView _states;
    private readonly TensorView _scales;
    private readonly int _columns;
    private readonly int _group;
    private readonly float _second;
    private readonly long _rowStride;

    /// <summary>A decoder of <c>[M, K]</c> or <c>[E, T·D, K]</c> states; a batched row index is e·T·D + row.</summary>
    public HiddenDecoder(TensorView states, TensorView scales, QuantKey? key, TensorView secondScale)
    {
        _states = states;
        _scales = scales;
        _columns = (int)states.Shape[-1];
        _rowStride = states.Shape.Rank == 2 ? states.Strides[0] : states.Strides[1];
        _group = key is null || key.Scale.Group.Columns < 0 ? _columns : key.Scale.Group.Columns;
        _second = key?.SecondScale is null ? 1f : LiveRows.StaticScale(secondScale);
    }

    /// <summary>
    /// Writes row <paramref name="row"/> and zeros behind it up to <paramref name="padded"/> columns.
    /// </summary>
    public void Decode(int row, float* destination, int padded)
    {
        NumberFormats.ToSingle(
            _states.Pointer, _states.DType, row * _rowStride, new Span<float>(destination, _columns));
        new Span<float>(destination + _columns, padded - _columns).Clear();
        if (_scales.IsNone)
        {
            return;
        }

        var perRow = (int)_scales.Shape[-1];
        var first = ScaleRow(row) * perRow;
        for (var block = 0; block < perRow; block++)
        {
            var scale = 0f;
            NumberFormats.ToSingle(_scales.Pointer, _scales.DType, first + block, new Span<float>(ref scale));
            var column = perRow == 1 ? 0 : block * _group;
            var count = perRow == 1 ? _columns : Math.Min(_group, _columns - column);
            Spans.SubtractScale(destination + column, count, 0f, scale * _second);
        }
    }

    // Scales have the leading dimensions of the states, or 1 where one scale serves all.
    private long ScaleRow(int row)
    {
        if (_scales.Shape.Rank < 3)
        {
            return _scales.Shape[0] == 1 ? 0 : row;
        }

        var rows = (int)_states.Shape[1];
        var expert = _scales.Shape[0] == 1 ? 0 : row / rows;
        return (expert * _scales.Shape[1]) + (_scales.Shape[1] == 1 ? 0 : row % rows);
    }
}
