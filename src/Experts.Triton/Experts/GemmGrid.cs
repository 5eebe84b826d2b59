namespace FusedMoe.Experts.Triton;

/// <summary>Programs of a grouped product. Sized from a hint: programs stride over what else arrived.</summary>
internal static class GemmGrid
{
    /// <summary>Programs for a product whose live rows are unknown on the host.</summary>
    /// <param name="tile">Tile.</param>
    /// <param name="product">Product.</param>
    /// <param name="pairs">Pairs expected on this rank, at least 1.</param>
    /// <param name="experts">Local experts.</param>
    public static long Programs(TritonTile tile, in ProductShape product, long pairs, int experts)
    {
        // Every expert may end in a partly filled block, but no more blocks than pairs can hold a row.
        var blocks = Math.Min(pairs, Divide(pairs, tile.BlockM) + experts);
        var columns = Divide(product.Width, product.IsGated ? tile.BlockN / 2 : tile.BlockN);
        return Math.Min(blocks * columns, int.MaxValue);
    }

    /// <summary>The quotient, rounded up.</summary>
    public static long Divide(long value, long step) => (value + step - 1) / step;
}
