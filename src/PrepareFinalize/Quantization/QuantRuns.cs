using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>Passes over runs of neighbouring elements of one row, through a small buffer on the stack.</summary>
internal static class QuantRuns
{
    // Even, so that packed elements are cut between bytes; a multiple of the vector length.
    private const int BufferLength = 512;

    /// <summary>The largest magnitude of a run. NaN elements do not count; infinities do.</summary>
    [SkipLocalsInit]
    public static float AbsMax(TensorRows input, int row, int column, int count)
    {
        Span<float> buffer = stackalloc float[BufferLength];
        var max = Vector512<float>.Zero;
        for (var done = 0; done < count; done += BufferLength)
        {
            var length = Math.Min(BufferLength, count - done);
            var padded = (length + Vector512<float>.Count - 1) / Vector512<float>.Count * Vector512<float>.Count;
            buffer[length..padded].Clear();
            input.Read(row, buffer[..length], column + done);
            for (var i = 0; i < padded; i += Vector512<float>.Count)
            {
                var magnitude = Vector512.Abs(Vector512.Create<float>(buffer[i..]));
                max = Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, max), magnitude, max);
            }
        }

        var result = 0f;
        for (var i = 0; i < Vector512<float>.Count; i++)
        {
            result = max[i] > result ? max[i] : result;
        }

        return result;
    }

    /// <summary>
    /// Divides a run by <paramref name="divisor"/>, clamps and rounds to nearest even; a divisor of 0 gives zeros.
    /// </summary>
    [SkipLocalsInit]
    public static void Encode(TensorRows input, TensorRows output, int row, int column, int count, float divisor)
    {
        Span<float> buffer = stackalloc float[BufferLength];
        for (var done = 0; done < count; done += BufferLength)
        {
            var run = buffer[..Math.Min(BufferLength, count - done)];
            input.Read(row, run, column + done);
            Divide(run, divisor);
            output.Write(row, run, column + done);
        }
    }

    private static void Divide(Span<float> run, float divisor)
    {
        if (divisor == 0f)
        {
            run.Clear();
            return;
        }

        var i = 0;
        var divisors = Vector512.Create(divisor);
        for (; i <= run.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            (Vector512.Create<float>(run[i..]) / divisors).CopyTo(run[i..]);
        }

        for (; i < run.Length; i++)
        {
            run[i] /= divisor;
        }
    }
}
