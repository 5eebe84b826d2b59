namespace FusedMoe.Runtime.Checkpoints;

/// <summary>How a checkpoint stores one quantized matrix.</summary>
internal enum WeightStorage
{
    /// <summary>Unquantized.</summary>
    Plain,

    /// <summary>Elements and a tensor of scales, one a block.</summary>
    BlockScaled,

    /// <summary>Elements and a scale for each row, or one for all.</summary>
    ChannelScaled,

    /// <summary>Four-bit elements, eight in an int32, and a scale for each group along a row.</summary>
    PackedInt4,

    /// <summary>mxfp4 blocks and their exponents.</summary>
    Mxfp4,
}
