using System.Numerics;
using System.Runtime.InteropServices;

namespace FusedMoe.PrepareFinalize;

/// <summary>Element-wise float32 steps whose result does not depend on the vector width.</summary>
internal static class FloatRows
{
    /// <summary><c>sum += addend</c>.</summary>
    public static void Add(Span<float> sum, ReadOnlySpan<float> addend)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var addends = MemoryMarshal.Cast<float, Vector<float>>(addend);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += addends[i];
        }

        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            sum[i] += addend[i];
        }
    }

    /// <summary><c>values *= factor</c>.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] *= factor;
        }

        for (var i = vectors.Length * Vector<float>.Count; i < values.Length; i++)
        {
            values[i] *= factor;
        }
    }
}
