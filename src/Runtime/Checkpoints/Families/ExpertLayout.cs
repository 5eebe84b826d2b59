namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// How a family stores its experts: gate, up and down apart; gate and up in one tensor; or up and down alone for layers
/// without a gate. A family may have several layouts; the one whose down projection is in the files is read.
/// </summary>
internal sealed record ExpertLayout
{
    /// <summary>Gate projection; null when <see cref="GateUp"/> is given or the layer has no gate.</summary>
    public WeightSource? Gate { get; init; }

    /// <summary>Up projection; null when <see cref="GateUp"/> is given.</summary>
    public WeightSource? Up { get; init; }

    /// <summary>Gate and up in one tensor, in the order that the activation reads them.</summary>
    public WeightSource? GateUp { get; init; }

    /// <summary>Down projection.</summary>
    public required WeightSource Down { get; init; }

    /// <summary>
    /// True when the tensors hold mxfp4 blocks of 32 elements in 16 bytes, with a tensor of scales beside each.
    /// </summary>
    public bool IsMxfp4 { get; init; }

    /// <summary>
    /// True when <paramref name="name"/> is one of the layout's tensors, or what quantization puts beside them.
    /// </summary>
    public bool Reads(string name, bool hasBias) =>
        (hasBias || !name.EndsWith("bias", StringComparison.Ordinal))
        && new[] { Gate, Up, GateUp, Down }.OfType<WeightSource>().Any(source => source.IsStemOf(name));

    /// <summary>Separate matrices for each expert.</summary>
    public static ExpertLayout PerExpert(string gate, string up, string down) => new()
    {
        Gate = new($"experts.{{expert}}.{gate}.weight"),
        Up = new($"experts.{{expert}}.{up}.weight"),
        Down = new($"experts.{{expert}}.{down}.weight"),
    };

    /// <summary>One tensor of gate and up projections, one of down projections.</summary>
    public static ExpertLayout Fused(string gateUp, string down, bool isTransposed = false) => new()
    {
        GateUp = new(gateUp, isTransposed),
        Down = new(down, isTransposed),
    };
}
