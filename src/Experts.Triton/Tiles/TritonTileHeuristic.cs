namespace FusedMoe.Experts.Triton;

/// <summary>
/// Which compiled tile runs a product, from host facts alone. The wish comes from vLLM's default table (by token
/// count); what
/// is returned is the compiled tile nearest to it.
/// </summary>
internal static class TritonTileHeuristic
{
    private const int RowsThatShareColumns = 128;
    private const int SharingBlocks = 16;

    // A wrong row count costs padding or passes over the weights; the others cost much less.
    private const double RowWeight = 8;
    private const double ColumnWeight = 2;

    /// <summary>The tile to wish for.</summary>
    public static TritonTile Wish(in TileQuestion question)
    {
        if (question.IsBatchInvariant)
        {
            // One K grouping and one tile for every batch: a row's sums never change their order.
            return new TritonTile(64, 128, question.IsByte ? 128 : 64, 4, 4);
        }

        var tokens = question.Tokens;
        return new TritonTile(
            tokens <= 32 ? 16 : tokens <= 96 ? 32 : tokens <= 512 ? 64 : 128,
            tokens <= 64 ? 64 : 128,
            question.IsByte || tokens <= 64 ? 128 : 64,
            tokens <= 128 ? 4 : 8,
            tokens <= 32 ? 4 : 3);
    }

    /// <summary>
    /// Tiles of both products. They have one row count, because both read the same table of sorted pairs.
    /// </summary>
    /// <exception cref="ArgumentException">The products have no row count in common.</exception>
    public static (TileImage First, TileImage Second) Choose(
        IReadOnlyList<TileImage> first, IReadOnlyList<TileImage> second, in TileQuestion question)
    {
        var wish = Wish(question);
        var rows = second.Select(i => i.Tile.BlockM).ToHashSet();
        var shared = first.Where(i => rows.Contains(i.Tile.BlockM)).ToArray();
        if (shared.Length == 0)
        {
            throw new ArgumentException(
                $"Tiles of both products must share a row count, got {Rows(first)} and {Rows(second)}.");
        }

        var one = Nearest(shared, wish);
        return (one, Nearest([.. second.Where(i => i.Tile.BlockM == one.Tile.BlockM)], wish));
    }

    /// <summary>
    /// Row blocks that walk the columns together; 1 when an expert has few rows, so that weights are read once
    /// anyway.
    /// </summary>
    public static int SharedRowBlocks(in TileQuestion question) =>
        question.RowsPerExpert > RowsThatShareColumns ? SharingBlocks : 1;

    /// <summary>The image whose tile is nearest to a wish; ties go to the first.</summary>
    public static TileImage Nearest(IReadOnlyList<TileImage> images, TritonTile wish) =>
        images.MinBy(i => Distance(i.Tile, wish));

    private static double Distance(TritonTile tile, TritonTile wish) =>
        (RowWeight * Ratio(tile.BlockM, wish.BlockM)) + (ColumnWeight * Ratio(tile.BlockN, wish.BlockN))
        + Ratio(tile.BlockK, wish.BlockK) + (Ratio(tile.Warps, wish.Warps) / 2)
        + (Math.Abs(tile.Stages - wish.Stages) / 16.0);

    private static double Ratio(int a, int b) => Math.Abs(Math.Log2((double)a / b));

    private static string Rows(IReadOnlyList<TileImage> images) =>
        images.Count == 0 ? "none" : string.Join(", ", images.Select(i => i.Tile.BlockM).Distinct().Order());
}
