using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// <c>target[m] = weight[m] · source[m]</c> in float32, rounded once: the router weight on the input, which is left as
/// it is.
/// </summary>
internal unsafe struct RowScale : IWorkerBody
{
    private const int Chunk = 1024;

    /// <summary>Rows to scale.</summary>
    public required nint Source;

    /// <summary>Where scaled rows go.</summary>
    public required nint Target;

    /// <summary>Type of both.</summary>
    public required DType DType;

    /// <summary>Elements of a row.</summary>
    public required int Columns;

    /// <summary>One weight a row.</summary>
    public required float* Weights;

    public readonly void Execute(int begin, int end, int worker)
    {
        Span<float> values = stackalloc float[Chunk];
        for (var m = begin; m < end; m++)
        {
            for (var start = 0; start < Columns; start += Chunk)
            {
                var part = values[..Math.Min(Chunk, Columns - start)];
                NumberFormats.ToSingle(Source, DType, ((long)m * Columns) + start, part);
                FloatRows.Scale(part, Weights[m]);
                NumberFormats.FromSingle(part, DType, Target, ((long)m * Columns) + start);
            }
        }
    }
}
