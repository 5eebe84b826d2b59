using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>One quantization as a parallel loop: over rows, or over blocks of rows that share scales.</summary>
internal unsafe struct QuantJob : IWorkerBody
{
    public required TensorRows Input;
    public required TensorRows Output;
    public required TensorRows Scales;
    public required QuantScale Scale;

    /// <summary>Rows of a group: 1, or the rows of a block.</summary>
    public required int GroupRows;

    /// <summary>Columns of a group.</summary>
    public required int GroupColumns;

    /// <summary>Static scale: 1 value, or one a row; null when computed or second-level.</summary>
    public float* StaticScale;

    /// <summary>Elements between static scales of neighbouring rows: 0 or 1.</summary>
    public int StaticStride;

    /// <summary>Second-level scale; 1 when there is none.</summary>
    public float SecondScale;

    /// <summary>For a scale of the whole tensor: where its amax is gathered as bits, null otherwise.</summary>
    public int* TensorAmax;

    /// <summary>Divisor of the whole tensor, once its amax is known.</summary>
    public float TensorDivisor;

    /// <summary>True in the pass that gathers the amax of the whole tensor.</summary>
    public bool IsGathering;

    public readonly int Units => ((Input.Rows - 1) / GroupRows) + 1;

    public readonly void Execute(int begin, int end, int worker)
    {
        for (var unit = begin; unit < end; unit++)
        {
            if (IsGathering)
            {
                Gather(QuantRuns.AbsMax(Input, unit, 0, Input.Columns));
            }
            else if (TensorAmax is not null)
            {
                QuantRuns.Encode(Input, Output, unit, 0, Input.Columns, TensorDivisor);
            }
            else if (StaticScale is not null)
            {
                EncodeStatic(unit);
            }
            else
            {
                EncodeGroups(unit);
            }
        }
    }

    private readonly void EncodeStatic(int row)
    {
        var scale = StaticScale[row * StaticStride];
        if (StaticStride != 0 || row == 0)
        {
            Scales.Row<float>(StaticStride == 0 ? 0 : row)[0] = scale;
        }

        QuantRuns.Encode(Input, Output, row, 0, Input.Columns, scale);
    }

    private readonly void EncodeGroups(int unit)
    {
        var firstRow = unit * GroupRows;
        var lastRow = Math.Min(firstRow + GroupRows, Input.Rows);
        for (var column = 0; column < Input.Columns; column += GroupColumns)
        {
            var count = Math.Min(GroupColumns, Input.Columns - column);
            var amax = 0f;
            for (var row = firstRow; row < lastRow; row++)
            {
                amax = MathF.Max(amax, QuantRuns.AbsMax(Input, row, column, count));
            }

            var divisor = Scale.Store(amax, SecondScale, Scales, unit, column / GroupColumns);
            for (var row = firstRow; row < lastRow; row++)
            {
                QuantRuns.Encode(Input, Output, row, column, count, divisor);
            }
        }
    }

    // Bits of floats that are not negative order like the floats, so the maximum needs no lock and no order.
    private readonly void Gather(float amax)
    {
        var bits = BitConverter.SingleToInt32Bits(amax);
        int seen;
        while (bits > (seen = Volatile.Read(ref *TensorAmax)))
        {
            Interlocked.CompareExchange(ref *TensorAmax, bits, seen);
        }
    }
}
