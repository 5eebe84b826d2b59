using System.Text.Json.Serialization;

namespace FusedMoe.Runtime;

/// <summary>
/// Measurements of one layer shape on one device. Sizes are one rank's: intermediate after tensor parallelism.
/// </summary>
public sealed record TuningTable
{
    /// <summary>Global experts G.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts of the rank.</summary>
    public required int LocalExperts { get; init; }

    /// <summary>Experts a token.</summary>
    public required int TopK { get; init; }

    /// <summary>Hidden size K.</summary>
    public required int Hidden { get; init; }

    /// <summary>Intermediate size I of the rank.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Activation function, for example <c>silu</c>.</summary>
    public required string Activation { get; init; }

    /// <summary>Type of activations, for example <c>bf16</c>.</summary>
    public required string ActivationDType { get; init; }

    /// <summary>Type of unquantized weights.</summary>
    public required string WeightDType { get; init; }

    /// <summary>Quantization as <see cref="QuantSpec.ToString"/> writes it, for example <c>none x none</c>.</summary>
    public required string Quant { get; init; }

    /// <summary>Measurements, any order.</summary>
    public required IReadOnlyList<TuningEntry> Entries { get; init; }

    /// <summary>The file it was read from; empty for a table made in memory.</summary>
    [JsonIgnore]
    public string Source { get; init; } = string.Empty;

    /// <summary>The key of a layer on one rank, with <paramref name="entries"/>.</summary>
    /// <exception cref="ArgumentException">The deployment does not fit the layer.</exception>
    public static TuningTable For(MoeLayerSpec layer, DeploymentSpec deployment, IReadOnlyList<TuningEntry> entries) =>
        For(RankProblem.From(layer, deployment), entries);

    internal static TuningTable For(RankProblem problem, IReadOnlyList<TuningEntry> entries)
    {
        var (layer, shape) = (problem.StageLayer, problem.StageLayer.Shape);
        return new TuningTable
        {
            Experts = shape.Experts,
            LocalExperts = problem.LocalExperts,
            TopK = shape.TopK,
            Hidden = shape.Hidden,
            Intermediate = shape.Intermediate,
            Activation = layer.Activation.Name,
            ActivationDType = layer.ActivationDType.Name(),
            WeightDType = layer.WeightDType.Name(),
            Quant = layer.Quant.ToString(),
            Entries = entries,
        };
    }

    /// <summary>True when both are about the same layer on the same kind of rank.</summary>
    internal bool IsSameProblem(TuningTable other) =>
        (this with { Entries = [], Source = string.Empty }) == (other with { Entries = [], Source = string.Empty });

    /// <summary>
    /// The fastest of <paramref name="names"/> at each token count that has a measurement of one of them, ascending.
    /// </summary>
    internal IReadOnlyList<TuningEntry> Fastest(IEnumerable<string> names)
    {
        var allowed = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. Entries.Where(e => allowed.Contains(e.Experts))
                .GroupBy(e => e.MaxTokens)
                .OrderBy(g => g.Key)
                .Select(g => g.OrderBy(e => e.Microseconds).ThenBy(e => e.Experts, StringComparer.Ordinal).First()),
        ];
    }
}
