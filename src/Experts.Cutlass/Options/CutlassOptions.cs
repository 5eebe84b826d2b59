namespace FusedMoe.Experts.Cutlass;

/// <summary>Options of the CUTLASS experts, bound from <c>FusedMoe:PluginOptions:cutlass-experts</c>.</summary>
public sealed class CutlassOptions
{
    /// <summary>Where the options are bound from.</summary>
    public const string SectionName = "FusedMoe:PluginOptions:" + CutlassNames.Plugin;

    /// <summary>True (the default) to let each kernel start its prologue while its predecessor drains.</summary>
    public bool ProgrammaticLaunch { get; set; } = true;

    /// <summary>
    /// The tile of every call, for example <c>160x1</c> (tokens x consumer warpgroups) or <c>160x2c2</c> (clusters of two
    /// blocks), or <c>decode</c> for the products of few tokens in calls of at most 8 rows; null (the default) lets the
    /// heuristic or a measured table choose.
    /// </summary>
    public string? Tile { get; set; }
}
