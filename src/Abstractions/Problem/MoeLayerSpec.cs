namespace FusedMoe;

/// <summary>
/// One mixture-of-experts layer, immutable and valid: the constructor refuses bad combinations with all their reasons.
/// </summary>
public sealed record MoeLayerSpec
{
    private const int MostExperts = 65_536;

    /// <summary>Builds and validates a layer.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="routing">Routing.</param>
    /// <param name="activation">Activation between the grouped products.</param>
    /// <param name="features">Types, quantization, biases, shared experts; null for bf16 without any.</param>
    /// <exception cref="ArgumentException">One or more problems, all listed.</exception>
    public MoeLayerSpec(MoeShape shape, RoutingSpec routing, ActivationSpec activation, MoeLayerFeatures? features = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(routing);
        ArgumentNullException.ThrowIfNull(activation);
        Shape = shape;
        Routing = routing;
        Activation = activation;
        Features = features ?? new MoeLayerFeatures();
        var problems = Problems().ToArray();
        if (problems.Length > 0)
        {
            throw new ArgumentException($"The layer spec has {problems.Length} problem(s): {string.Join("; ", problems)}.");
        }
    }

    /// <summary>Sizes.</summary>
    public MoeShape Shape { get; }

    /// <summary>Routing.</summary>
    public RoutingSpec Routing { get; }

    /// <summary>Activation between the grouped products.</summary>
    public ActivationSpec Activation { get; }

    /// <summary>Types, quantization, biases, shared experts.</summary>
    public MoeLayerFeatures Features { get; }

    /// <summary>Type of hidden states and output.</summary>
    public DType ActivationDType => Features.ActivationDType;

    /// <summary>Type of unquantized weights.</summary>
    public DType WeightDType => Features.WeightDType;

    /// <summary>Quantization.</summary>
    public QuantSpec Quant => Features.Quant;

    /// <summary>N: rows of the first weight of one expert, 2I when gated.</summary>
    public int GateUpSize => Activation.IsGated ? 2 * Shape.Intermediate : Shape.Intermediate;

    /// <summary>The same layer with other features.</summary>
    public MoeLayerSpec With(MoeLayerFeatures features) => new(Shape, Routing, Activation, features);

    /// <summary>One line for people.</summary>
    public override string ToString() =>
        $"{Shape}, {ActivationDType.Name()}, {Activation}"
        + (Routing.IdentityExperts == 0 ? string.Empty : $", {Routing.IdentityExperts} identity experts")
        + (Quant == QuantSpec.None ? string.Empty : $", {Quant}");

    private IEnumerable<string> Problems()
    {
        var (experts, topK, hidden, intermediate) = Shape;
        if (experts is < 1 or > MostExperts)
        {
            yield return $"experts must be 1 to {MostExperts}, got {experts}";
            yield break;
        }

        if (Routing.IdentityExperts > MostExperts - experts)
        {
            yield return $"experts and identity experts must be at most {MostExperts} together, "
                + $"got {experts} and {Routing.IdentityExperts}";
        }

        if (topK < 1 || topK > experts)
        {
            yield return $"top-k must be 1 to {experts} (the number of experts), got {topK}";
        }

        if (hidden is < 1 or > (1 << 20))
        {
            yield return $"hidden size must be 1 to {1 << 20}, got {hidden}";
        }

        if (intermediate is < 1 or > (1 << 20))
        {
            yield return $"intermediate size must be 1 to {1 << 20}, got {intermediate}";
        }

        if (Features.SharedExperts?.Activation is { } shared && shared.IsGated != Activation.IsGated)
        {
            yield return $"shared experts' activation must be {(Activation.IsGated ? "gated" : "not gated")} "
                + $"like {Activation.Name}, got {shared.Name}";
        }

        foreach (var problem in Routing.Problems(experts, topK).Concat(Features.Problems(Shape)))
        {
            yield return problem;
        }
    }
}
