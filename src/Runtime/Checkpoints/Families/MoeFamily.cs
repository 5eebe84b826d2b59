namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// One model family as data: the names of its tensors, how they are laid out, and where config.json says the rest.
/// Names follow the published checkpoints; where the transformers library renames tensors in memory, those names are
/// known too.
/// </summary>
internal sealed record MoeFamily
{
    /// <summary>Values of <c>model_type</c>.</summary>
    public required IReadOnlyList<string> ModelTypes { get; init; }

    /// <summary>
    /// The module with the experts, after whatever prefix the model gives its layers, for example
    /// <c>layers.{layer}.mlp</c>; several where the names differ between releases.
    /// </summary>
    public required IReadOnlyList<string> Blocks { get; init; }

    /// <summary>The gate projection after the layer's prefix.</summary>
    public IReadOnlyList<string> Gates { get; init; } = ["gate.weight"];

    /// <summary>The bias of the gate projection after the layer's prefix; null when the family has none.</summary>
    public string? GateBias { get; init; }

    /// <summary>The correction bias after the layer's prefix.</summary>
    public IReadOnlyList<string> CorrectionBiases { get; init; } =
        ["gate.e_score_correction_bias", "e_score_correction_bias"];

    /// <summary>Layouts of the experts.</summary>
    public required IReadOnlyList<ExpertLayout> Layouts { get; init; }

    /// <summary>Keys of the sizes.</summary>
    public required SizeKeys Sizes { get; init; }

    /// <summary>Routing.</summary>
    public required RoutingRule Routing { get; init; }

    /// <summary>Activation.</summary>
    public ActivationRule Activation { get; init; } = new();

    /// <summary>Shared experts, or null.</summary>
    public SharedExpertsRule? Shared { get; init; }

    /// <summary>Which layers have experts.</summary>
    public LayerRule Layers { get; init; } = new();

    /// <summary>
    /// True when both products of every expert have a bias. Otherwise biases are read when the files have them.
    /// </summary>
    public bool HasExpertBias { get; init; }

    /// <summary>
    /// A bias of the layer's output after the layer's prefix; null when the family has none. It is loaded as the output
    /// bias of every expert, so the router weights must sum to 1.
    /// </summary>
    public string? OutputBias { get; init; }

    /// <summary>True when the router weight multiplies the input of the experts.</summary>
    public bool RouterWeightOnInput { get; init; }

    /// <summary>Keys of config.json that must be absent or null, with the reason.</summary>
    public IReadOnlyDictionary<string, string> RefusedKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Keys of config.json that choose a formula, with the one value whose formula is known, as text; they may be absent
    /// or null.
    /// </summary>
    public IReadOnlyDictionary<string, string> FixedKeys { get; init; } = new Dictionary<string, string>();
}
