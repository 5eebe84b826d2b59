namespace FusedMoe.Experts.Cutlass;

/// <summary>The tile of a call: what the options force, else what a measured table names, else the heuristic.</summary>
internal sealed class CutlassTileChoice(CutlassLayer layer, CutlassOptions options)
{
    private readonly CutlassTile? _forced = options.Tile is { } key ? CutlassTile.Parse(key) : null;

    /// <summary>The tile of a call.</summary>
    /// <param name="configuration">A configuration that a measured table names, or null.</param>
    /// <param name="rows">Tokens that the call can bring.</param>
    /// <param name="hint">Tokens expected to be live; 0 for all.</param>
    public CutlassTile Choose(string? configuration, int rows, int hint)
    {
        if (_forced is { } forced)
        {
            return forced;
        }

        if (configuration is not null && CutlassTile.Parse(configuration) is { } measured)
        {
            return measured;
        }

        var tokens = hint > 0 ? Math.Min(hint, rows) : rows;
        var share = (double)layer.LocalExperts / layer.Shape.Experts;
        var pairs = (long)Math.Ceiling(tokens * layer.Shape.TopK * share);
        return CutlassTileHeuristic.Choose(tokens, pairs, layer.LocalExperts);
    }
}
