namespace FusedMoe;

/// <summary>The block of elements that shares one scale: rows by columns, -1 for the full extent.</summary>
/// <param name="Rows">Rows of a block; -1 means all.</param>
/// <param name="Columns">Columns of a block (along K); -1 means all.</param>
public readonly record struct GroupShape(int Rows, int Columns)
{
    /// <summary>One scale for a whole matrix.</summary>
    public static GroupShape PerTensor => new(-1, -1);

    /// <summary>One scale a row of activations.</summary>
    public static GroupShape PerToken => new(1, -1);

    /// <summary>
    /// One scale an output channel: a row of a weight stored <c>[N, K]</c>, the column (-1, 1) of its transpose.
    /// </summary>
    public static GroupShape PerChannel => new(-1, 1);

    /// <summary>One scale for <paramref name="columns"/> neighbours of one row.</summary>
    public static GroupShape Along(int columns) => new(1, columns);

    /// <summary>The name used in reports, for example <c>token</c> or <c>128x128</c>.</summary>
    public override string ToString() => (Rows, Columns) switch
    {
        (-1, -1) => "tensor",
        (1, -1) => "token",
        (-1, 1) => "channel",
        _ => $"{Rows}x{Columns}",
    };
}
