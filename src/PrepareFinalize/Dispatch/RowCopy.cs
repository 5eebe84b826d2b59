using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Copies row <c>from[i]</c> of one tensor to row <c>to[i]</c> of another, converting when the types differ; a null list
/// is 0, 1, 2, ….
/// </summary>
internal unsafe struct RowCopy : IWorkerBody
{
    private const int Chunk = 1024;

    private nint _source;
    private nint _target;
    private DType _sourceType;
    private DType _targetType;
    private int _columns;
    private int* _from;
    private int* _to;

    /// <summary>Copies <paramref name="rows"/> rows of <paramref name="columns"/> elements of one type.</summary>
    public static void Run(WorkerPool pool, nint source, int* from, nint target, int* to, int rows, int columns, DType dtype) =>
        Run(pool, source, dtype, from, target, dtype, to, rows, columns);

    /// <summary>Copies <paramref name="rows"/> rows of <paramref name="columns"/> elements; converts through float32.</summary>
    public static void Run(
        WorkerPool pool, nint source, DType sourceType, int* from, nint target, DType targetType, int* to, int rows, int columns)
    {
        var body = new RowCopy
        {
            _source = source,
            _sourceType = sourceType,
            _from = from,
            _target = target,
            _targetType = targetType,
            _to = to,
            _columns = columns,
        };
        pool.ParallelFor(rows, ref body);
    }

    public readonly void Execute(int begin, int end, int worker)
    {
        var (sourceBytes, targetBytes) = (_sourceType.BytesFor(_columns), _targetType.BytesFor(_columns));
        for (var i = begin; i < end; i++)
        {
            var source = _source + (nint)((_from is null ? i : _from[i]) * sourceBytes);
            var target = _target + (nint)((_to is null ? i : _to[i]) * targetBytes);
            if (_sourceType == _targetType)
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
        for (var start = 0; start < _columns; start += Chunk)
        {
            var part = values[..Math.Min(Chunk, _columns - start)];
            NumberFormats.ToSingle(source, _sourceType, start, part);
            NumberFormats.FromSingle(part, _targetType, target, start);
        }
    }
}
