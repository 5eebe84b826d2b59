namespace FusedMoe.PrepareFinalize;

/// <summary>The blocks of rows of one <see cref="QuantizationCall"/>; a 2-D input is one block.</summary>
/// <param name="Count">Blocks.</param>
/// <param name="Rows">Rows of a block, dead ones included.</param>
/// <param name="Columns">Elements of a row.</param>
internal readonly record struct QuantizationBlocks(int Count, int Rows, int Columns)
{
    /// <summary>Rows of all blocks.</summary>
    public int TotalRows => checked(Count * Rows);

    /// <summary>The blocks of <paramref name="call"/>.</summary>
    /// <exception cref="ArgumentException">The input, the scales or the live rows do not fit each other.</exception>
    public static QuantizationBlocks Of(in QuantizationCall call)
    {
        var shape = call.Input.Shape;
        if (shape.Rank is not (2 or 3))
        {
            throw new ArgumentException($"rows to quantize must be of rank 2 or 3, got {call.Input}.");
        }

        if (shape.Rank == 3 && call.Key.Scale is { IsStatic: false, Group.Rows: > 1 })
        {
            throw new ArgumentException(
                "scales of blocks of rows must belong to one row, be given or be one for all, "
                + $"got {call.Key.Scale.Group} ({call.Key.Name}).");
        }

        var blocks = new QuantizationBlocks(shape.Rank == 3 ? (int)shape[0] : 1, (int)shape[-2], (int)shape[-1]);
        var live = call.LiveRows;
        return live.IsNone || (live.DType == DType.Int32 && live.Elements == blocks.Count && live.IsContiguous)
            ? blocks
            : throw new ArgumentException($"live rows must be int32 [{blocks.Count}], got {live}.");
    }
}
