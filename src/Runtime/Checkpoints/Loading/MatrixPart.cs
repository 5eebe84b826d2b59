namespace FusedMoe.Runtime.Checkpoints;

/// <summary>A rectangle of a stored matrix, in elements of that matrix.</summary>
/// <param name="Source">Where the matrix is.</param>
/// <param name="Rows">Rows of the whole matrix, output by input.</param>
/// <param name="Columns">Columns of the whole matrix.</param>
/// <param name="RowStart">First row wanted.</param>
/// <param name="RowCount">Rows wanted.</param>
/// <param name="ColumnStart">First column wanted.</param>
/// <param name="ColumnCount">Columns wanted.</param>
internal readonly record struct MatrixPart(
    WeightSource Source, int Rows, int Columns, int RowStart, int RowCount, int ColumnStart, int ColumnCount)
{
    public bool IsWhole => RowCount == Rows && ColumnCount == Columns;

    /// <summary>
    /// The same rectangle of the matrix of scales; null when it would cut a block of elements that share one.
    /// </summary>
    public MatrixPart? Scales((int Rows, int Columns) block)
    {
        var (rows, columns) = (block.Rows, block.Columns == 0 ? Math.Max(Columns, 1) : block.Columns);
        var (rowStart, rowCount) = Divide(RowStart, RowCount, Rows, rows);
        var (columnStart, columnCount) =
            block.Columns == 0 ? (0, 1) : Divide(ColumnStart, ColumnCount, Columns, columns);
        return rowCount < 0 || columnCount < 0
            ? null
            : new(Source, Ceiling(Rows, rows), Ceiling(Columns, columns), rowStart, rowCount, columnStart, columnCount);
    }

    private static (int Start, int Count) Divide(int start, int count, int all, int block) =>
        start % block != 0 || (count % block != 0 && start + count != all)
            ? (0, -1)
            : (start / block, Ceiling(count, block));

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;
}
