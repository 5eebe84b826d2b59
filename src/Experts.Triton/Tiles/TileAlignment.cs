namespace FusedMoe.Experts.Triton;

/// <summary>What an image assumes of sizes and strides; each runs wherever the one before it does.</summary>
internal enum TileAlignment
{
    /// <summary>K is a multiple of the tile's step, sizes and strides are multiples of 16 elements.</summary>
    Even,

    /// <summary>Sizes and strides are multiples of 16 elements; the end of K is masked.</summary>
    Wide,

    /// <summary>Any sizes and strides.</summary>
    Any,
}
