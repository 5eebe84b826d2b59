namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>One layer, its ranks' tokens and how they travel.</summary>
internal sealed record DispatchCase
{
    /// <summary>Most tokens of a rank.</summary>
    public const int MaxTokens = 7;

    public required AllToAllKind Kind { get; init; }

    /// <summary>Tokens of each rank; their number is the number of ranks.</summary>
    public required int[] Tokens { get; init; }

    public int Hidden { get; init; } = 24;

    public int Experts { get; init; } = 9;

    public int TopK { get; init; } = 3;

    public DType DType { get; init; } = DType.Float32;

    public QuantKey? Quant { get; init; }

    public bool RouterWeightOnInput { get; init; }

    /// <summary>What standard experts leave: NoOp or Contiguous.</summary>
    public WeightAndReduceSpec Leaves { get; init; } = WeightAndReduceSpec.NoOp;

    /// <summary>
    /// Rank of each expert (-1 for none) in place of equal shares; slots are dealt from the last expert down.
    /// </summary>
    public int[]? Owners { get; init; }

    /// <summary>True to go through the Begin forms.</summary>
    public bool Async { get; init; }

    /// <summary>Live rows of every rank, or null for all.</summary>
    public int? ValidTokens { get; init; }

    public int Ranks => Tokens.Length;

    public ActivationFormat Format =>
        Kind is AllToAllKind.Batched or AllToAllKind.None ? ActivationFormat.Batched : ActivationFormat.Standard;

    public MoeLayerSpec Layer => new(
        new MoeShape(Experts, TopK, Hidden, 8),
        RoutingSpec.For(RoutingMethod.Renormalize),
        ActivationSpec.Silu,
        new MoeLayerFeatures
        {
            ActivationDType = DType,
            RouterWeightOnInput = RouterWeightOnInput,
            Quant = Quant is null ? QuantSpec.None : new QuantSpec(QuantKeys.Int8StaticChannel, Quant),
        });

    /// <summary>The map of one rank when owners are given; null for equal shares.</summary>
    public int[]? MapOf(int rank)
    {
        if (Owners is null)
        {
            return null;
        }

        var map = new int[Experts];
        Array.Fill(map, -1);
        var slot = 0;
        for (var e = Experts - 1; e >= 0; e--)
        {
            if (Owners[e] == rank)
            {
                map[e] = slot++;
            }
        }

        return map;
    }

    /// <summary>The map of one rank, equal shares written out.</summary>
    public int[] FullMapOf(int rank)
    {
        if (MapOf(rank) is { } given)
        {
            return given;
        }

        var map = new int[Experts];
        Array.Fill(map, -1);
        var (share, more) = (Experts / Ranks, Experts % Ranks);
        for (var e = 0; e < Experts; e++)
        {
            var owner = e < more * (share + 1) ? e / (share + 1) : more + ((e - (more * (share + 1))) / share);
            if (owner == rank)
            {
                map[e] = e - ((rank * share) + Math.Min(rank, more));
            }
        }

        return map;
    }

    public override string ToString() =>
        $"{Kind} x{Ranks} [{string.Join(",", Tokens)}] {DType.Name()} {Quant?.Name ?? "plain"} {Leaves.Kind}"
        + $"{(RouterWeightOnInput ? " weight-on-input" : string.Empty)}{(Owners is null ? string.Empty : " mapped")}"
        + $"{(ValidTokens is null ? string.Empty : $" valid {ValidTokens}")}{(Async ? " async" : string.Empty)}";
}
