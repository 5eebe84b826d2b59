namespace FusedMoe.Experts.Cutlass;

/// <summary>What a grouped product does with its sums.</summary>
internal enum CutlassEpilogue
{
    /// <summary>Stores them; an activation, if any, is a step of its own.</summary>
    Plain,

    /// <summary>Gate and up meet in one tile: silu, with or without a limit.</summary>
    Silu,

    /// <summary>Gate and up meet in one tile: both arrangements of swigluoai.</summary>
    SwigluOai,
}
