namespace FusedMoe.Conformance;

/// <summary>How many ranks run a layer and what they share.</summary>
/// <param name="Ranks">Ranks, at least 1.</param>
/// <param name="Transport">How tokens travel; None for ranks that all see every token and whose outputs are
/// summed.</param>
/// <param name="SplitsTensors">True when ranks hold slices of every expert instead of experts of their own.</param>
internal sealed record Topology(int Ranks, AllToAllKind Transport = AllToAllKind.None, bool SplitsTensors = false)
{
    public static Topology Single { get; } = new(1);

    public bool Communicates => Transport != AllToAllKind.None;

    public ParallelSpec Parallel(int rank) => (Communicates, SplitsTensors) switch
    {
        (true, _) => new ParallelSpec(1, 0, Ranks, rank, Ranks, rank, Transport),
        (false, true) => new ParallelSpec(tpSize: Ranks, tpRank: rank),
        _ => new ParallelSpec(epSize: Ranks, epRank: rank),
    };

    /// <summary>First row and row count of a rank; uneven, and zero for one rank of four.</summary>
    public (int Start, int Count) Rows(int rank, int tokens)
    {
        if (!Communicates)
        {
            return (0, tokens);
        }

        int[] shares = Ranks switch { 1 => [1], 2 => [3, 2], 4 => [2, 0, 3, 1], _ => [.. Enumerable.Repeat(1, Ranks)] };
        var start = tokens * shares[..rank].Sum() / shares.Sum();
        return (start, (tokens * shares[..(rank + 1)].Sum() / shares.Sum()) - start);
    }

    /// <summary>Global ids of a rank's experts in local order: the map's, or contiguous equal shares.</summary>
    public IReadOnlyList<int> Experts(int rank, int experts, IReadOnlyList<int>? map)
    {
        if (map is not null)
        {
            return [.. Enumerable.Range(0, experts).Where(g => map[g] >= 0).OrderBy(g => map[g])];
        }

        if (SplitsTensors)
        {
            return [.. Enumerable.Range(0, experts)];
        }

        var (share, extra) = (experts / Ranks, experts % Ranks);
        return [.. Enumerable.Range((rank * share) + Math.Min(rank, extra), share + (rank < extra ? 1 : 0))];
    }

    public override string ToString() => Communicates ? $"{Ranks} ranks, {Transport}"
        : Ranks == 1 ? "1 rank" : $"{Ranks} ranks, {(SplitsTensors ? "split tensors" : "split experts")}";
}
