namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>One call of few tokens: sizes and what is special about it. The seed is the same for all.</summary>
internal sealed record DecodeProblem(int Experts, int TopK, int Hidden, int Intermediate, int Tokens)
{
    public DType DType { get; init; } = DType.BFloat16;

    public ActivationSpec Activation { get; init; } = ActivationSpec.Silu;

    /// <summary>Type of both biases; null for none.</summary>
    public DType? Bias { get; init; }

    /// <summary>True to give every second expert to this rank, in reverse order.</summary>
    public bool HasMap { get; init; }

    /// <summary>True to make one slot of each token -1, too large, or the repeat of another slot in turn.</summary>
    public bool HasOddIds { get; init; }

    /// <summary>True to send all tokens to the same experts.</summary>
    public bool IsSkewed { get; init; }

    /// <summary>Live tokens on the device; null to give none.</summary>
    public int? Valid { get; init; }

    public int Pairs => Tokens * TopK;

    public int LocalExperts => HasMap ? Experts / 2 : Experts;

    public int Halves => Activation.IsGated ? 2 : 1;

    public CutlassLayer Layer => new(
        new MoeShape(Experts, TopK, Hidden, Intermediate), LocalExperts, Halves * Intermediate, DType, Activation)
    {
        HasExpertBias = Bias is not null,
    };

    public int[] Map() =>
        [.. Enumerable.Range(0, Experts).Select(e => e % 2 == 0 && e / 2 < LocalExperts ? LocalExperts - 1 - (e / 2) : -1)];

    public int[] Ids()
    {
        var random = new Random(11);
        var ids = new int[Pairs];
        for (var token = 0; token < Tokens; token++)
        {
            var chosen = Enumerable.Range(0, Experts).ToArray();
            if (!IsSkewed)
            {
                random.Shuffle(chosen);
            }

            chosen.AsSpan(0, TopK).CopyTo(ids.AsSpan(token * TopK));
            if (HasOddIds)
            {
                ids[(token * TopK) + (token % TopK)] = (token % 3) switch { 0 => -1, 1 => Experts, _ => chosen[TopK - 1] };
            }
        }

        return ids;
    }

    /// <summary>The local expert of each pair, -1 where nothing may be written.</summary>
    public int[] LocalOf()
    {
        var (ids, map) = (Ids(), Map());
        var live = Math.Clamp(Valid ?? Tokens, 0, Tokens) * TopK;
        return [.. ids.Select((id, pair) => pair >= live || id < 0 || id >= Experts ? -1 : HasMap ? map[id] : id)];
    }

    public override string ToString() =>
        $"E{Experts} k{TopK} K{Hidden} I{Intermediate} M{Tokens} {DType.Name()} {Activation} bias {Bias?.Name() ?? "none"}"
        + (HasMap ? " map" : string.Empty) + (HasOddIds ? " odd-ids" : string.Empty) + (IsSkewed ? " skewed" : string.Empty)
        + (Valid is { } valid ? $" valid {valid}" : string.Empty);
}
