using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// <c>target[m] = Σ_j weight[m, j] · source[index[m, j]]</c> in float32 in the order of j, rounded once; entries of -1
/// are skipped, and a row without entries becomes zero.
/// </summary>
internal unsafe struct IndexedRowSum : IWorkerBody
{
    /// <summary>Rows to add.</summary>
    public required TensorRows Source;

    /// <summary>Where sums go.</summary>
    public required TensorRows Target;

    /// <summary><c>[M, fan]</c> rows of the source.</summary>
    public required int* Index;

    /// <summary><c>[M, fan]</c> weights; null for 1.</summary>
    public required float* Weights;

    /// <summary>Entries of a row of the index.</summary>
    public required int Fan;

    public readonly void Execute(int begin, int end, int worker)
    {
        Span<float> buffer = stackalloc float[RowSum.Piece];
        for (var m = begin; m < end; m++)
        {
            for (var column = 0; column < Target.Columns; column += RowSum.Piece)
            {
                var sum = buffer[..Math.Min(RowSum.Piece, Target.Columns - column)];
                sum.Clear();
                for (var entry = (long)m * Fan; entry < (m + 1L) * Fan; entry++)
                {
                    if (Index[entry] >= 0)
                    {
                        RowSum.Add(Source, Index[entry], column, Weights is null ? 1f : Weights[entry], sum);
                    }
                }

                Target.Write(m, sum, column);
            }
        }
    }
}
