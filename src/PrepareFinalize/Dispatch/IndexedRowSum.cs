using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// <c>target[m] = Σ_j weight[m, j] · source[index[m, j]]</c> in float32 in the order of j, rounded once; entries of -1
/// are skipped, and a row without entries becomes zero.
/// </summary>
internal unsafe struct IndexedRowSum : IWorkerBody
{
    private const int Chunk = 1024;

    /// <summary>Rows to add.</summary>
    public required nint Source;

    /// <summary>Type of the rows to add.</summary>
    public required DType SourceType;

    /// <summary>Where sums go, contiguous.</summary>
    public required nint Target;

    /// <summary>Type of the sums.</summary>
    public required DType TargetType;

    /// <summary>Elements of a row.</summary>
    public required int Columns;

    /// <summary><c>[M, fan]</c> rows of the source.</summary>
    public required int* Index;

    /// <summary><c>[M, fan]</c> weights; null for 1.</summary>
    public required float* Weights;

    /// <summary>Entries of a row of the index.</summary>
    public required int Fan;

    public readonly void Execute(int begin, int end, int worker)
    {
        Span<float> sum = stackalloc float[Chunk];
        Span<float> addend = stackalloc float[Chunk];
        for (var m = begin; m < end; m++)
        {
            for (var start = 0; start < Columns; start += Chunk)
            {
                var length = Math.Min(Chunk, Columns - start);
                SumPart(m, start, sum[..length], addend[..length]);
                NumberFormats.FromSingle(sum[..length], TargetType, Target, ((long)m * Columns) + start);
            }
        }
    }

    private readonly void SumPart(int m, int start, Span<float> sum, Span<float> addend)
    {
        sum.Clear();
        for (var j = 0; j < Fan; j++)
        {
            var entry = ((long)m * Fan) + j;
            if (Index[entry] < 0)
            {
                continue;
            }

            NumberFormats.ToSingle(Source, SourceType, ((long)Index[entry] * Columns) + start, addend);
            if (Weights is not null)
            {
                FloatRows.Scale(addend, Weights[entry]);
            }

            FloatRows.Add(sum, addend);
        }
    }
}
