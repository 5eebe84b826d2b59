using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <content>What is done for one item.</content>
internal sealed unsafe partial class ExpertEngine
{
    private void FirstProduct(int expert, int tile, bool goesOn, WorkerScratch scratch)
    {
        var column = tile * _plan.FirstColumns;
        var count = Math.Min(_plan.FirstColumns, _layer.Shape.Intermediate - column);
        var (gated, interleaved) = (_layer.Activation.IsGated, _layer.Activation.IsInterleaved);
        var step = interleaved ? 2 : 1;
        var gateRow = interleaved ? 2 * column : column;
        var upRow = interleaved ? gateRow + 1 : _layer.Shape.Intermediate + column;
        var gate = Tile(_first, expert, gateRow, step, count, scratch.Decoded, goesOn);
        var up = gate;
        if (gated)
        {
            up = Tile(_first, expert, upRow, step, count, scratch.Decoded + (_plan.FirstColumns * gate.Padded), false);
            up.Next = gate.Next;
            gate.Next = up.Rows;
            ReadBias(_first, expert, upRow, step, count, scratch.Bias + _plan.HalfStride);
        }

        ReadBias(_first, expert, gateRow, step, count, scratch.Bias);
        var end = _groups.Offsets[expert + 1];
        for (var row = _groups.Offsets[expert]; row < end; row += TilePlan.RowChunk)
        {
            var rows = Math.Min(TilePlan.RowChunk, end - row);
            for (var r = 0; r < rows; r++)
            {
                scratch.Rows[r] = _input + (_groups.InputRows[row + r] * _inputStride);
            }

            Multiply(_first, gate, rows, scratch, scratch.Results);
            if (gated)
            {
                Multiply(_first, up, rows, scratch, scratch.Results + _plan.HalfStride);
            }

            for (var r = 0; r < rows; r++)
            {
                Activate(scratch.Results + ((long)r * _plan.ResultStride), scratch.Bias, row + r, column, count);
            }
        }
    }

    private void SecondProduct(int expert, int tile, bool goesOn, WorkerScratch scratch)
    {
        var column = tile * _plan.SecondColumns;
        var count = Math.Min(_plan.SecondColumns, _layer.Shape.Hidden - column);
        var weights = Tile(_second, expert, column, 1, count, scratch.Decoded, goesOn);
        ReadBias(_second, expert, column, 1, count, scratch.Bias);
        var end = _groups.Offsets[expert + 1];
        for (var row = _groups.Offsets[expert]; row < end; row += TilePlan.RowChunk)
        {
            var rows = Math.Min(TilePlan.RowChunk, end - row);
            for (var r = 0; r < rows; r++)
            {
                scratch.Rows[r] = _middle + ((row + r) * MiddleStride);
            }

            Multiply(_second, weights, rows, scratch, scratch.Results);
            for (var r = 0; r < rows; r++)
            {
                var results = scratch.Results + ((long)r * _plan.ResultStride);
                Store(results, scratch.Bias, _groups.OutputRows[row + r], column, count);
            }
        }
    }

    private void Multiply(
        in WeightMatrix matrix, in WeightTile tile, int rows, WorkerScratch scratch, float* results)
    {
        if (tile.Rows != null)
        {
            _kernel.Multiply(
                scratch.Rows, rows, tile.Rows, tile.Stride, tile.Count, tile.Padded, results,
                _plan.ResultStride, tile.Next);
            return;
        }

        // Every row of the expert is here, so a few weight rows at a time are decoded and used while they are in the
        // first-level cache.
        for (var i = 0; i < tile.Count; i += TilePlan.DecodedTogether)
        {
            var count = Math.Min(TilePlan.DecodedTogether, tile.Count - i);
            Decode(matrix, tile, i, count, scratch.Decoded);
            _kernel.Multiply(
                scratch.Rows, rows, (byte*)scratch.Decoded, tile.Stride, count, tile.Padded, results + i,
                _plan.ResultStride, null);
        }
    }

    // A run of weight rows: where they lie, decoded to scratch, or to be decoded when they are multiplied.
    private WeightTile Tile(
        in WeightMatrix matrix, int expert, int row, int step, int count, float* scratch, bool goesOn)
    {
        var padded = _decodes ? TilePlan.Pad(matrix.Columns) : matrix.Columns;
        var tile = new WeightTile
        {
            Expert = expert,
            FirstRow = row,
            Step = step,
            Count = count,
            Padded = padded,
            Stride = _decodes ? padded * sizeof(float) : step * matrix.RowStrideBytes,
        };
        if (!_decodes)
        {
            tile.Rows = matrix.Row(expert, row);
            tile.Next = goesOn ? matrix.Row(expert, row + (step * count)) : null;
        }
        else if (_groups.Offsets[expert + 1] - _groups.Offsets[expert] > TilePlan.RowChunk)
        {
            Decode(matrix, tile, 0, count, scratch);
            tile.Rows = (byte*)scratch;
        }

        return tile;
    }

    // Rows first … first + count - 1 of a tile as float32, with zeros behind each.
    private static void Decode(in WeightMatrix matrix, in WeightTile tile, int first, int count, float* scratch)
    {
        for (var i = 0; i < count; i++)
        {
            var destination = scratch + ((long)i * tile.Padded);
            matrix.Decode(tile.Expert, tile.FirstRow + ((first + i) * tile.Step), destination);
            new Span<float>(destination + matrix.Columns, tile.Padded - matrix.Columns).Clear();
        }
    }

    private static void ReadBias(in WeightMatrix matrix, int expert, int row, int step, int count, float* bias)
    {
        for (var i = 0; i < count && matrix.HasBias; i++)
        {
            bias[i] = matrix.Bias(expert, row + (i * step));
        }
    }

    private void Activate(float* results, float* bias, int row, int column, int count)
    {
        if (_first.HasBias)
        {
            Spans.Add(results, bias, count);
            Spans.Add(results + _plan.HalfStride, bias + _plan.HalfStride, _layer.Activation.IsGated ? count : 0);
        }

        _activation.Apply(results, results + _plan.HalfStride, count);
        var middle = _middle + (row * MiddleStride);
        if (!_decodes)
        {
            NumberFormats.FromSingle(new ReadOnlySpan<float>(results, count), DType.BFloat16, (nint)middle, column);
            return;
        }

        if (_roundTrip is null)
        {
            Spans.Round(results, count, _layer.ActivationDType);
        }

        new ReadOnlySpan<float>(results, count).CopyTo(new Span<float>((float*)middle + column, count));
        var last = column + count;
        if (last == _layer.Shape.Intermediate)
        {
            new Span<float>((float*)middle + last, _plan.IntermediatePadded - last).Clear();
        }
    }

    private void Store(float* results, float* bias, int outputRow, int column, int count)
    {
        var weight = _pairWeights == null ? 1f : _pairWeights[outputRow];
        Spans.AddScale(results, count, _second.HasBias ? bias : null, weight);
        var run = new ReadOnlySpan<float>(results, count);
        var start = ((long)outputRow * _layer.Shape.Hidden) + column;
        if (_products != null)
        {
            run.CopyTo(new Span<float>(_products + start, count));
            return;
        }

        NumberFormats.FromSingle(run, _output.DType, _output.Pointer, start);
    }

    // Float32 sum in slot order, rounded once; slots without a local expert are passed over, not added as zeros.
    private void SumSlots(PairRoutes routes, int token, int topK, WorkerScratch scratch)
    {
        var hidden = _layer.Shape.Hidden;
        var width = _plan.ResultStride;
        for (var column = 0; column < hidden; column += width)
        {
            var count = Math.Min(width, hidden - column);
            new Span<float>(scratch.Results, count).Clear();
            for (var slot = 0; slot < topK; slot++)
            {
                var pair = (token * topK) + slot;
                if (routes.Local(pair) >= 0)
                {
                    Spans.Add(scratch.Results, _products + ((long)pair * hidden) + column, count);
                }
            }

            NumberFormats.FromSingle(
                new ReadOnlySpan<float>(scratch.Results, count), _output.DType, _output.Pointer,
                (token * _output.Strides[0]) + column);
        }
    }
}
