namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// The rectangles of stored matrices that make up the two weights of one rank, gate rows before up rows.
/// </summary>
internal static class ExpertParts
{
    /// <summary>Parts of the first weight, top to bottom.</summary>
    /// <param name="stored">Experts in the files.</param>
    /// <param name="isInterleaved">True when gate and up rows alternate.</param>
    /// <param name="start">First intermediate element of this rank.</param>
    /// <param name="count">Intermediate elements of this rank.</param>
    public static IReadOnlyList<MatrixPart> First(StoredExperts stored, bool isInterleaved, int start, int count)
    {
        var (layout, hidden, size) = (stored.Layout, stored.Hidden, stored.Intermediate);
        if (layout.GateUp is { } both)
        {
            var rows = checked(2 * size);
            return count == size || isInterleaved
                ? [new(both, rows, hidden, 2 * start, 2 * count, 0, hidden)]
                :
                [
                    new(both, rows, hidden, start, count, 0, hidden),
                    new(both, rows, hidden, size + start, count, 0, hidden),
                ];
        }

        var up = new MatrixPart(layout.Up!, size, hidden, start, count, 0, hidden);
        return layout.Gate is { } gate ? [up with { Source = gate }, up] : [up];
    }

    /// <summary>The part of the second weight.</summary>
    public static IReadOnlyList<MatrixPart> Second(StoredExperts stored, int start, int count) =>
        [new(stored.Layout.Down, stored.Hidden, stored.Intermediate, 0, stored.Hidden, start, count)];
}
