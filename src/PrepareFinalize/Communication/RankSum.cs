using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>The addition of a reduce-scatter: in rank order, in float32, rounded once.</summary>
internal static class RankSum
{
    private const int Chunk = 1024;

    /// <summary>
    /// Adds <paramref name="elements"/> elements that start <paramref name="skippedBytes"/> into every rank's buffer.
    /// </summary>
    public static void Add(
        ReadOnlySpan<CollectiveArguments> ranks, long skippedBytes, nint receive, long elements, DType dtype)
    {
        Span<float> sum = stackalloc float[Chunk];
        Span<float> addend = stackalloc float[Chunk];
        for (long start = 0; start < elements; start += Chunk)
        {
            var length = (int)Math.Min(Chunk, elements - start);
            NumberFormats.ToSingle(ranks[0].Send + (nint)skippedBytes, dtype, start, sum[..length]);
            for (var r = 1; r < ranks.Length; r++)
            {
                NumberFormats.ToSingle(ranks[r].Send + (nint)skippedBytes, dtype, start, addend[..length]);
                FloatRows.Add(sum[..length], addend[..length]);
            }

            NumberFormats.FromSingle(sum[..length], dtype, receive, start);
        }
    }
}
