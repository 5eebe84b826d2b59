using System.Runtime.Intrinsics;
using FusedMoe.Cpu;

namespace FusedMoe.PrepareFinalize;

/// <summary>
/// A weighted sum of rows in float32, one row after the other: acc = acc + weight · x, each operation rounded by
/// itself, starting from 0. Columns are taken in pieces so that the sum stays on the stack.
/// </summary>
internal static class RowSum
{
    /// <summary>Columns of one piece.</summary>
    public const int Piece = 1024;

    /// <summary>Adds <paramref name="weight"/> times a piece of a row to <paramref name="sum"/>.</summary>
    public static void Add(TensorRows rows, long row, int column, float weight, Span<float> sum)
    {
        Span<float> buffer = stackalloc float[Piece];
        var piece = buffer[..sum.Length];
        rows.Read(row, piece, column);
        var i = 0;
        var weights = Vector512.Create(weight);
        for (; i <= piece.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var product = Vector512.Create<float>(piece[i..]) * weights;
            (Vector512.Create<float>(sum[i..]) + product).CopyTo(sum[i..]);
        }

        for (; i < piece.Length; i++)
        {
            sum[i] += piece[i] * weight;
        }
    }
}
