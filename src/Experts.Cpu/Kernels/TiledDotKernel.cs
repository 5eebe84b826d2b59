namespace FusedMoe.Experts.Cpu;

/// <summary>
/// Dot products in tiles of several rows by several columns; what is left at the edges is a row of columns, a column of rows,
/// or one product at a time. Each tile has an accumulator a result, so the order of a sum is the same in all of them.
/// </summary>
/// <param name="tileRows">Activation rows of a whole tile.</param>
/// <param name="tileColumns">Weight rows of a whole tile.</param>
internal abstract unsafe class TiledDotKernel(int tileRows, int tileColumns) : DotKernel
{
    /// <inheritdoc/>
    public sealed override void Multiply(
        byte** rows, int m, byte* w, nint stride, int n, int k, float* c, int ldc, byte* next)
    {
        var j = 0;
        for (; j <= n - tileColumns; j += tileColumns)
        {
            var r = 0;
            for (; r <= m - tileRows; r += tileRows)
            {
                WholeTile(rows + r, w + (j * stride), stride, k, c + ((long)r * ldc) + j, ldc);
            }

            for (; r < m; r++)
            {
                OneRow(rows + r, w + (j * stride), stride, k, c + ((long)r * ldc) + j);
            }
        }

        for (; j < n; j++)
        {
            var r = 0;
            for (; r <= m - tileRows; r += tileRows)
            {
                OneColumn(rows + r, w + (j * stride), k, c + ((long)r * ldc) + j, ldc);
            }

            for (; r < m; r++)
            {
                One(rows + r, w + (j * stride), k, c + ((long)r * ldc) + j);
            }
        }
    }

    /// <summary>All rows and columns of a tile.</summary>
    protected abstract void WholeTile(byte** rows, byte* w, nint stride, int k, float* c, int ldc);

    /// <summary>One activation row, all columns of a tile.</summary>
    protected abstract void OneRow(byte** rows, byte* w, nint stride, int k, float* c);

    /// <summary>All rows of a tile, one weight row.</summary>
    protected abstract void OneColumn(byte** rows, byte* w, int k, float* c, int ldc);

    /// <summary>One activation row, one weight row.</summary>
    protected abstract void One(byte** rows, byte* w, int k, float* c);
}
