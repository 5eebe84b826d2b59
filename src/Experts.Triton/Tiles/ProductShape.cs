namespace FusedMoe.Experts.Triton;

/// <summary>One of the two grouped products, as far as images care.</summary>
/// <param name="Prefix">Kernel, element types and scheme, for example <c>grouped_gemm_bf16</c>.</param>
/// <param name="IsGated">True when tiles hold gate and up columns and write the activation's output.</param>
/// <param name="Depth">K of the product, in elements.</param>
/// <param name="Width">Columns written.</param>
/// <param name="IsAligned">True when both sizes are multiples of 16 elements (32 along K for packed weights).</param>
/// <param name="IsBatched">True for rows <c>[E, T·D]</c> with a count an expert.</param>
internal readonly record struct ProductShape(
    string Prefix, bool IsGated, int Depth, int Width, bool IsAligned, bool IsBatched)
{
    private const int Multiple = 16;

    /// <summary>A product of a scheme.</summary>
    /// <param name="scheme">Kernel family and quantization.</param>
    /// <param name="isGated">As <see cref="IsGated"/>.</param>
    /// <param name="depth">K of the product, in elements.</param>
    /// <param name="width">Columns written.</param>
    /// <param name="isBatched">As <see cref="IsBatched"/>.</param>
    public static ProductShape Of(TritonScheme scheme, bool isGated, int depth, int width, bool isBatched) => new(
        scheme.Prefix, isGated, depth, width, depth % DepthMultiple(scheme) == 0 && width % Multiple == 0, isBatched);

    /// <summary>Elements of which K must be a multiple where loads are vectors.</summary>
    public static int DepthMultiple(TritonScheme scheme) =>
        // Packed weights hold two elements a byte, and loads are aligned by bytes.
        scheme.Quant.Weight?.Element.IsPacked() == true ? 2 * Multiple : Multiple;

    /// <summary>The key of the image with <paramref name="tile"/>.</summary>
    public string Key(TritonTile tile, TileAlignment alignment, bool isPortable) =>
        Key(tile.Key, alignment, isPortable);

    /// <summary>The same with any text in the tile's place, to name all tiles of a kind.</summary>
    public string Key(string tile, TileAlignment alignment, bool isPortable) =>
        $"{Prefix}_{tile}_{(IsGated ? "gated" : "plain")}_{Word(alignment)}"
        + (IsBatched ? TritonImages.BatchedSuffix : string.Empty) + (isPortable ? TritonImages.PortableSuffix : string.Empty);

    /// <summary>True when an image of that alignment and step may run this product.</summary>
    public bool Fits(TileAlignment alignment, int blockK) => alignment switch
    {
        TileAlignment.Even => IsAligned && Depth % blockK == 0,
        TileAlignment.Wide => IsAligned,
        _ => true,
    };

    /// <summary>How keys spell an alignment.</summary>
    public static string Word(TileAlignment alignment) => alignment switch
    {
        TileAlignment.Even => "even",
        TileAlignment.Wide => "wide",
        _ => "any",
    };
}
