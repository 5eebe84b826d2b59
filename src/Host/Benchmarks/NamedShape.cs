namespace FusedMoe.Host.Benchmarks;

/// <summary>A published layer to time, with random weights.</summary>
/// <param name="Name">Kebab-case name on the command line.</param>
/// <param name="Layer">The layer.</param>
/// <param name="ExpertRanks">Expert-parallel ranks of which one is timed; 1 for the whole layer.</param>
internal sealed record NamedShape(string Name, MoeLayerSpec Layer, int ExpertRanks = 1)
{
    /// <summary>Experts of the rank that is timed.</summary>
    public int LocalExperts => Layer.Shape.Experts / ExpertRanks;

    /// <summary>Every shape <c>bench</c> and <c>tune</c> know.</summary>
    public static IReadOnlyList<NamedShape> All { get; } =
    [
        new("mixtral-8x7b", Silu(8, 2, 4096, 14336)),
        new("qwen3-30b-a3b", Silu(128, 8, 2048, 768)),
        new("qwen3-235b-a22b", Silu(128, 8, 4096, 1536)),
        new("deepseek-v3-ep8", Silu(256, 8, 7168, 2048), ExpertRanks: 8),
        new("gpt-oss-120b", GptOss(128, 4, 2880, 2880)),
        new("untuned-64x6", Silu(64, 6, 2816, 1408)),
    ];

    /// <summary>The shape named <paramref name="name"/>.</summary>
    /// <exception cref="ArgumentException">No such shape; the text lists the known ones.</exception>
    public static NamedShape Find(string name) =>
        All.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"No layer shape is named '{name}'. Known: {string.Join(", ", All.Select(s => s.Name))}.");

    private static MoeLayerSpec Silu(int experts, int topK, int hidden, int intermediate) => new(
        new MoeShape(experts, topK, hidden, intermediate),
        RoutingSpec.For(RoutingMethod.RenormalizeNaive),
        ActivationSpec.Silu);

    private static MoeLayerSpec GptOss(int experts, int topK, int hidden, int intermediate) => new(
        new MoeShape(experts, topK, hidden, intermediate),
        RoutingSpec.For(RoutingMethod.Renormalize),
        new ActivationSpec(ActivationKind.SwigluOai),
        new MoeLayerFeatures { HasExpertBias = true, HasGateBias = true });
}
