namespace FusedMoe.Experts.Cpu;

/// <summary>Where the parts of workspace2 lie, in bytes from its start, for a number of rows.</summary>
internal readonly record struct EngineLayout
{
    private const long Alignment = 64;

    /// <summary>First row of each expert, int32 <c>[E + 1]</c>.</summary>
    public long Offsets { get; private init; }

    /// <summary>Experts with rows, int32 <c>[E]</c>.</summary>
    public long Active { get; private init; }

    /// <summary>Input row of each grouped row, int32 <c>[R]</c>.</summary>
    public long InputRows { get; private init; }

    /// <summary>Output row of each grouped row, int32 <c>[R]</c>.</summary>
    public long OutputRows { get; private init; }

    /// <summary>amax of each grouped row, float32 <c>[R]</c>.</summary>
    public long Amax { get; private init; }

    /// <summary>Input of the second product, <c>[R, padded I]</c> in the operand type.</summary>
    public long Middle { get; private init; }

    /// <summary>Second product before the sum over k, float32 <c>[R, K]</c>.</summary>
    public long Products { get; private init; }

    /// <summary>Ids that monolithic experts route, int32 <c>[R]</c>.</summary>
    public long RoutedIds { get; private init; }

    /// <summary>Weights that monolithic experts route, float32 <c>[R]</c>.</summary>
    public long RoutedWeights { get; private init; }

    /// <summary>Bytes of all parts.</summary>
    public long Bytes { get; private init; }

    /// <summary>The layout for <paramref name="rows"/> grouped rows.</summary>
    /// <param name="experts">E: local experts.</param>
    /// <param name="rows">R: most rows of all experts together.</param>
    /// <param name="middleRowBytes">Bytes of one row of the second product's input.</param>
    /// <param name="productColumns">K when rows are summed over k, 0 when they are the output.</param>
    /// <param name="routes">True when ids and weights are made here.</param>
    public static EngineLayout For(int experts, long rows, long middleRowBytes, long productColumns, bool routes)
    {
        long end = 0;
        var layout = new EngineLayout
        {
            Offsets = Take(ref end, sizeof(int) * (experts + 1L)),
            Active = Take(ref end, sizeof(int) * (long)experts),
            InputRows = Take(ref end, sizeof(int) * rows),
            OutputRows = Take(ref end, sizeof(int) * rows),
            Amax = Take(ref end, sizeof(float) * rows),
            Middle = Take(ref end, rows * middleRowBytes),
            Products = Take(ref end, sizeof(float) * rows * productColumns),
            RoutedIds = Take(ref end, routes ? sizeof(int) * rows : 0),
            RoutedWeights = Take(ref end, routes ? sizeof(float) * rows : 0),
        };
        return layout with { Bytes = end };
    }

    private static long Take(ref long end, long bytes)
    {
        var start = end;
        end = checked((end + bytes + Alignment - 1) / Alignment * Alignment);
        return start;
    }
}
