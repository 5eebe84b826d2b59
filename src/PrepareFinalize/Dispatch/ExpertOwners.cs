namespace FusedMoe.PrepareFinalize;

/// <summary>
/// Which rank owns each global expert and in which local slot: this rank's own map from its deployment, the others'
/// from an exchange. Experts that no rank owns contribute nothing.
/// </summary>
internal sealed class ExpertOwners
{
    private readonly int[] _own;
    private readonly int[] _owner;

    /// <summary>Takes this rank's map, or the default share when the deployment has none.</summary>
    /// <exception cref="ArgumentException">The map names a slot outside the local experts, or one twice.</exception>
    public ExpertOwners(StageContext context)
    {
        var experts = context.Layer.Shape.Experts;
        var parallel = context.Deployment.Parallel;
        _own = context.Deployment.ExpertMap?.ToArray() ?? DefaultShare(experts, parallel.EpSize, parallel.EpRank);
        _owner = new int[experts];
        var seen = new bool[context.LocalExperts];
        for (var e = 0; e < experts; e++)
        {
            var slot = _own[e];
            if (slot < -1 || slot >= seen.Length || (slot >= 0 && seen[slot]))
            {
                throw new ArgumentException(
                    $"Expert map entry {e} must be -1 or a local expert below {seen.Length} that no other entry names, "
                    + $"got {slot}.");
            }

            if (slot >= 0)
            {
                seen[slot] = true;
            }
        }
    }

    /// <summary>This rank's map: local slot of each global expert, or -1.</summary>
    public ReadOnlySpan<int> Own => _own;

    /// <summary>The rank that owns <paramref name="expert"/>; -1 when none does or the id is no expert.</summary>
    public int OwnerOf(int expert) => (uint)expert < (uint)_owner.Length ? _owner[expert] : -1;

    /// <summary>The local slot of an expert that this rank owns.</summary>
    public int SlotOf(int expert) => _own[expert];

    /// <summary>Learns all ranks' maps.</summary>
    /// <param name="maps"><c>[ranks, stride]</c>, the map at <paramref name="offset"/> of each row.</param>
    /// <param name="offset">First entry of the map.</param>
    /// <param name="stride">Entries of a row.</param>
    /// <exception cref="ArgumentException">Two ranks own one expert; the same on every rank.</exception>
    public void Learn(ReadOnlySpan<int> maps, int offset, int stride)
    {
        for (var e = 0; e < _owner.Length; e++)
        {
            _owner[e] = -1;
            for (var rank = 0; rank * stride < maps.Length; rank++)
            {
                if (maps[(rank * stride) + offset + e] < 0)
                {
                    continue;
                }

                if (_owner[e] >= 0)
                {
                    throw new ArgumentException(
                        $"Expert {e} must be mapped by one rank, got ranks {_owner[e]} and {rank}; "
                        + "correct their expert maps.");
                }

                _owner[e] = rank;
            }
        }
    }

    private static int[] DefaultShare(int experts, int ranks, int rank)
    {
        var map = new int[experts];
        Array.Fill(map, -1);
        var first = (rank * (experts / ranks)) + Math.Min(rank, experts % ranks);
        var share = (experts / ranks) + (rank < experts % ranks ? 1 : 0);
        for (var i = 0; i < share; i++)
        {
            map[first + i] = i;
        }

        return map;
    }
}
