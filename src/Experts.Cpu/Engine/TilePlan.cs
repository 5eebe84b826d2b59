namespace FusedMoe.Experts.Cpu;

/// <summary>Sizes of the tiles that workers take, from the layer alone: no size depends on rows or threads.</summary>
internal sealed record TilePlan
{
    /// <summary>Rows of one expert that a tile works on at a time.</summary>
    public const int RowChunk = 64;

    /// <summary>Weight rows decoded together when no later rows need them: one column block of a kernel.</summary>
    public const int DecodedTogether = 6;

    private const int Lanes = DotKernel.Padding;

    // Multiples of 6 columns (the widest register tile) whose sum also pads to whole vectors.
    private const int WidestTile = 96;
    private const int NarrowestTile = 12;

    // Half of a 1 MB second-level cache: the decoded tile stays there while rows stream past.
    private const long DecodedBudget = 512 << 10;

    /// <summary>Plans a layer.</summary>
    /// <param name="layer">Sizes.</param>
    /// <param name="decodes">True when weight rows are decoded to float32 scratch.</param>
    public TilePlan(MoeLayerSpec layer, bool decodes)
    {
        var halves = layer.Activation.IsGated ? 2 : 1;
        HiddenPadded = Pad(layer.Shape.Hidden);
        IntermediatePadded = Pad(layer.Shape.Intermediate);
        FirstColumns = Columns(HiddenPadded * halves, decodes, WidestTile / halves);
        SecondColumns = Columns(IntermediatePadded, decodes, WidestTile);
        HalfStride = Pad(FirstColumns);
        ResultStride = Math.Max(halves * HalfStride, Pad(SecondColumns));
        DecodedBytes = decodes
            ? sizeof(float) * Math.Max(
                (long)halves * FirstColumns * HiddenPadded, (long)SecondColumns * IntermediatePadded)
            : 0;
    }

    /// <summary>Hidden size padded to whole vectors.</summary>
    public int HiddenPadded { get; }

    /// <summary>Intermediate size padded to whole vectors.</summary>
    public int IntermediatePadded { get; }

    /// <summary>Intermediate columns of a tile of the first product.</summary>
    public int FirstColumns { get; }

    /// <summary>Hidden columns of a tile of the second product.</summary>
    public int SecondColumns { get; }

    /// <summary>Where the up half starts in a row of results.</summary>
    public int HalfStride { get; }

    /// <summary>Elements from one row of results to the next.</summary>
    public int ResultStride { get; }

    /// <summary>Bytes of a worker's decoded tile.</summary>
    public long DecodedBytes { get; }

    /// <summary><paramref name="size"/> rounded up to whole vectors.</summary>
    public static int Pad(int size) => (size + Lanes - 1) / Lanes * Lanes;

    private static int Columns(int rowElements, bool decodes, int widest)
    {
        var fitting = decodes ? (int)(DecodedBudget / (sizeof(float) * (long)rowElements)) : widest;
        return Math.Clamp(fitting / NarrowestTile * NarrowestTile, NarrowestTile, widest);
    }
}
