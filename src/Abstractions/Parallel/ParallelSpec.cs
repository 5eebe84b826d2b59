namespace FusedMoe;

/// <summary>
/// Parallel configuration of one rank, after vLLM's FusedMoEParallelConfig: with expert parallelism the tensor and data
/// ranks are flattened into expert ranks and tensor parallelism of the experts becomes 1.
/// </summary>
public sealed record ParallelSpec
{
    /// <summary>Builds and validates; see <see cref="Make"/> for the flattening rule.</summary>
    /// <exception cref="ArgumentException">A rank is outside its size, or a size below 1; all problems are
    /// listed.</exception>
    public ParallelSpec(
        int tpSize = 1,
        int tpRank = 0,
        int dpSize = 1,
        int dpRank = 0,
        int epSize = 1,
        int epRank = 0,
        AllToAllKind allToAll = AllToAllKind.None)
    {
        (TpSize, TpRank, DpSize, DpRank) = (tpSize, tpRank, dpSize, dpRank);
        (EpSize, EpRank, AllToAll) = (epSize, epRank, allToAll);
        var problems = new[] { ("tensor", tpSize, tpRank), ("data", dpSize, dpRank), ("expert", epSize, epRank) }
            .Where(p => p.Item2 < 1 || p.Item3 < 0 || p.Item3 >= p.Item2)
            .Select(p => $"{p.Item1}-parallel rank must be 0 to size - 1, got rank {p.Item3} of {p.Item2}")
            .ToList();
        if (allToAll != AllToAllKind.None && epSize == 1 && dpSize > 1)
        {
            problems.Add($"expert-parallel size must be above 1 for all-to-all {allToAll}, got {epSize}");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"The parallel spec has {problems.Count} problem(s): {string.Join("; ", problems)}.");
        }
    }

    /// <summary>One rank, nothing parallel.</summary>
    public static ParallelSpec Single { get; } = new();

    /// <summary>Tensor-parallel ranks that split each expert.</summary>
    public int TpSize { get; }

    /// <summary>This rank among <see cref="TpSize"/>.</summary>
    public int TpRank { get; }

    /// <summary>Data-parallel ranks, each with its own tokens.</summary>
    public int DpSize { get; }

    /// <summary>This rank among <see cref="DpSize"/>.</summary>
    public int DpRank { get; }

    /// <summary>Expert-parallel ranks, each with its own experts.</summary>
    public int EpSize { get; }

    /// <summary>This rank among <see cref="EpSize"/>.</summary>
    public int EpRank { get; }

    /// <summary>How tokens travel.</summary>
    public AllToAllKind AllToAll { get; }

    /// <summary>True when experts are spread over ranks.</summary>
    public bool UsesExpertParallel => EpSize > 1;

    /// <summary>
    /// True when tokens travel between ranks: expert parallelism over several batches. Expert parallelism over tensor
    /// ranks alone uses no communication in the layer, only an expert map.
    /// </summary>
    public bool UsesAllToAll => AllToAll != AllToAllKind.None;

    /// <summary>
    /// Flattens deployment ranks: with <paramref name="expertParallel"/>, ep = tp·dp and tp becomes 1.
    /// </summary>
    public static ParallelSpec Make(int tpSize, int tpRank, int dpSize, int dpRank, bool expertParallel, AllToAllKind allToAll)
    {
        var size = tpSize * dpSize;
        var rank = (dpRank * tpSize) + tpRank;
        return expertParallel && size > 1
            ? new ParallelSpec(1, 0, dpSize, dpRank, size, rank, dpSize > 1 ? allToAll : AllToAllKind.None)
            : new ParallelSpec(size, rank, dpSize, dpRank);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"tp {TpRank}/{TpSize}, dp {DpRank}/{DpSize}, ep {EpRank}/{EpSize}, all-to-all {AllToAll}";
}
