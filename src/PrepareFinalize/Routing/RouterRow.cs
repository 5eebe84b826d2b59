namespace FusedMoe.PrepareFinalize;

/// <summary>
/// The buffers of one row under way. Logits, scores and keys have the experts first and are padded to
/// <see cref="RouterMath.RowAlignment"/>; padding of logits is -infinity.
/// </summary>
internal readonly ref struct RouterRow
{
    public required Span<float> Logits { get; init; }

    public required Span<float> Scores { get; init; }

    /// <summary>What experts are picked by: score plus correction bias, -infinity instead of NaN.</summary>
    public required Span<float> Keys { get; init; }

    /// <summary>One value a group; also marks the kept ones.</summary>
    public required Span<float> Groups { get; init; }

    public required Span<int> Ids { get; init; }

    public required Span<float> Weights { get; init; }

    /// <summary>Keys of a <see cref="TopKList"/>, at least as long as ids and groups.</summary>
    public required Span<float> BestKeys { get; init; }

    /// <summary>Ids of the kept groups.</summary>
    public required Span<int> BestGroups { get; init; }
}
