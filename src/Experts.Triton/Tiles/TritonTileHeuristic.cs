namespace FusedMoe.Experts.Triton;

/// <summary>
/// Which compiled tile runs a product, from host facts alone. The wish follows the rows that an expert gets, by the
/// measurements in <c>benchmarks/results/triton-tiles.h100.json</c>; what is returned is the compiled tile nearest to it.
/// </summary>
internal static class TritonTileHeuristic
{
    // Most rows an expert for tiles of 16, 32 and 64 rows. Counts of random routing scatter around the mean, so each
    // limit lies below the tile's rows, between the nearest measured means: 8 and 16, 16 and 32, 32 and 64.
    private const int MaxRowsOf16 = 10;
    private const int MaxRowsOf32 = 24;
    private const int MaxRowsOf64 = 48;

    // Row blocks in a group: it should hold whole experts, but a wide group walks several experts' columns at once. All
    // blocks of few large experts walk together.
    private const int WholeGroup = 32;
    private const int WideGroup = 16;
    private const int NarrowGroup = 4;

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

        var tile = question.RowsPerExpert switch
        {
            <= MaxRowsOf16 => new TritonTile(16, 128, 128, 4, 4),
            <= MaxRowsOf32 => new TritonTile(32, 128, 128, 4, 3),
            <= MaxRowsOf64 => new TritonTile(64, 128, 128, 4, 3),
            _ => new TritonTile(128, 256, 64, 8, IsLarge(question) ? 3 : 4),
        };
        return question.IsByte ? tile with { BlockK = 128 } : tile;
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
    /// Row blocks that walk the columns together. It is 1 when experts seldom have a second row block, and when one
    /// expert's weights stay in the cache until that block reads them.
    /// </summary>
    /// <param name="question">The layer and the token count.</param>
    /// <param name="blockM">Rows of the tile.</param>
    public static int SharedRowBlocks(in TileQuestion question, int blockM)
    {
        if (question.CacheBytes == 0 || question.RowsPerExpert <= blockM / 2)
        {
            return 1;
        }

        if (!IsLarge(question))
        {
            return question.ExpertBytes <= question.CacheBytes ? 1 : NarrowGroup;
        }

        var blocks = (question.LocalPairs / blockM) + question.LocalExperts;
        return blocks <= WholeGroup ? WholeGroup : WideGroup;
    }

    /// <summary>
    /// The image whose tile is nearest to a wish. Ties go to more rows: padding costs less than another pass over the
    /// weights.
    /// </summary>
    public static TileImage Nearest(IReadOnlyList<TileImage> images, TritonTile wish) =>
        images.MinBy(i => (Distance(i.Tile, wish), -i.Tile.BlockM));

    private static bool IsLarge(in TileQuestion question) =>
        question.CacheBytes > 0 && question.ExpertBytes > 2 * question.CacheBytes;

    private static double Distance(TritonTile tile, TritonTile wish) =>
        (RowWeight * Ratio(tile.BlockM, wish.BlockM)) + (ColumnWeight * Ratio(tile.BlockN, wish.BlockN))
        + Ratio(tile.BlockK, wish.BlockK) + (Ratio(tile.Warps, wish.Warps) / 2)
        + (Math.Abs(tile.Stages - wish.Stages) / 16.0);

    private static double Ratio(int a, int b) => Math.Abs(Math.Log2((double)a / b));

    private static string Rows(IReadOnlyList<TileImage> images) =>
        images.Count == 0 ? "none" : string.Join(", ", images.Select(i => i.Tile.BlockM).Distinct().Order());
}
