using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Copies row <c>from[i]</c> of one tensor to row <c>to[i]</c> of another, through float32 when the types differ.
/// </summary>
internal unsafe struct RowCopy : IWorkerBody
{
    private const int Chunk = 1024;

    /// <summary>Rows to copy.</summary>
    public required nint Source;

    /// <summary>Type of the rows to copy.</summary>
    public required DType SourceType;

    /// <summary>Row of the source for each copy; null for 0, 1, 2, ….</summary>
    public int* From;

    /// <summary>Where copies go.</summary>
    public required nint Target;

    /// <summary>Type of the copies.</summary>
    public required DType TargetType;

    /// <summary>Row of the target for each copy; null for 0, 1, 2, ….</summary>
    public int* To;

    /// <summary>Elements of a row.</summary>
    public required int Columns;

    /// <summary>Copies <paramref name="rows"/> rows.</summary>
    public void Run(WorkerPool pool, int rows) => pool.ParallelFor(rows, ref this);

    public readonly void Execute(int begin, int end, int worker)
    {
        var (sourceBytes, targetBytes) = (SourceType.BytesFor(Columns), TargetType.BytesFor(Columns));
        for (var i = begin; i < end; i++)
        {
            var source = Source + (nint)((From is null ? i : From[i]) * sourceBytes);
            var target = Target + (nint)((To is null ? i : To[i]) * targetBytes);
            if (SourceType == TargetType)
            {
                Buffer.MemoryCopy((void*)source, (void*)target, targetBytes, targetBytes);
            }
            else
            {
                Convert(source, target);
            }
        }
    }

    private readonly void Convert(nint source, nint target)
    {
        Span<float> values = stackalloc float[Chunk];
        for (var start = 0; start < Columns; start += Chunk)
        {
            var part = values[..Math.Min(Chunk, Columns - start)];
            NumberFormats.ToSingle(source, SourceType, start, part);
            NumberFormats.FromSingle(part, TargetType, target, start);
        }
    }
}
