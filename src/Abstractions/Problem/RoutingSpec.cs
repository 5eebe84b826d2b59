namespace FusedMoe;

/// <summary>
/// Routing as data. Order of operations, all in float32: score = f(logit) (over all experts, or after selection over
/// the selected only); selection key = score + correction bias; groups are scored by their keys and the best kept;
/// top-k by key inside, ties to the lower id; weight = unbiased score of the picked ids; renormalize by their sum (at
/// least <see cref="RenormalizeFloor"/>); multiply by <see cref="Scale"/>; append fused shared experts. Weights are
/// float32, ids int32. Source: vLLM's routers and the models' published definitions. Start from <see cref="For"/> and
/// change fields with <c>with</c>; <see cref="MoeLayerSpec"/> validates the result.
/// </summary>
public sealed record RoutingSpec
{
    /// <summary>The method's number, for capability queries and fused kernels.</summary>
    public RoutingMethod Method { get; init; } = RoutingMethod.Unspecified;

    /// <summary>How logits become scores.</summary>
    public ScoreFunction Score { get; init; } = ScoreFunction.Softmax;

    /// <summary>True when the score function sees only the selected logits.</summary>
    public bool ScoreAfterSelection { get; init; }

    /// <summary>True when weights are divided by their sum over the k.</summary>
    public bool Renormalize { get; init; }

    /// <summary>The divisor is at least this; 0 means the plain sum.</summary>
    public float RenormalizeFloor { get; init; }

    /// <summary>Factor on the weights after renormalizing.</summary>
    public float Scale { get; init; } = 1f;

    /// <summary>Groups the experts are divided into; 1 means ungrouped. Must divide the number of experts.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that are kept; 1 to <see cref="Groups"/>.</summary>
    public int GroupsKept { get; init; } = 1;

    /// <summary>How groups are scored.</summary>
    public GroupScore GroupScore { get; init; } = GroupScore.Max;

    /// <summary>True when a correction bias <c>[E]</c> float32 is added for selection only.</summary>
    public bool HasCorrectionBias { get; init; }

    /// <summary>
    /// True when ids are looked up by token id in a table <c>[vocabulary, k]</c> int32 instead of selected.
    /// </summary>
    public bool HasHashTable { get; init; }

    /// <summary>True when the k ids of a token are ordered by falling key (always so for batch invariance).</summary>
    public bool Sorted { get; init; } = true;

    /// <summary>
    /// Jitter epsilon of phimoe's sparse mixer at inference; null for every other method. Top-k must be 2.
    /// </summary>
    public float? SparseMixerJitter { get; init; }

    /// <summary>
    /// Experts after the layer's own, selected like them, that give back their input: ids G, G + 1, … of logits
    /// <c>[M, G + IdentityExperts]</c>, at most 65536 in all.
    /// </summary>
    public int IdentityExperts { get; init; }

    /// <summary>Constant slots appended for shared experts that are fused as experts G, G + 1, …</summary>
    public int FusedSharedExperts { get; init; }

    /// <summary>Weight of each appended slot.</summary>
    public float FusedSharedWeight { get; init; } = 1f;

    /// <summary>Distribution of <see cref="RoutingMethod.Simulated"/>.</summary>
    public SimulatedRouting Simulation { get; init; }

    /// <summary>Seed of <see cref="RoutingMethod.Simulated"/>; the same seed gives the same ids.</summary>
    public int SimulationSeed { get; init; }

    /// <summary>The published fields of a method. DeepSeekV3 without groups has one group.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The method has no published fields (unspecified).</exception>
    public static RoutingSpec For(RoutingMethod method, int groups = 1, int groupsKept = 1, float scale = 1f) => method switch
    {
        RoutingMethod.Default => new() { Method = method },
        RoutingMethod.Renormalize => new() { Method = method, ScoreAfterSelection = true },
        RoutingMethod.DeepSeekV3 => new()
        {
            Method = method,
            Score = ScoreFunction.Sigmoid,
            HasCorrectionBias = true,
            Renormalize = true,
            RenormalizeFloor = 1e-20f,
            Groups = groups,
            GroupsKept = groupsKept,
            GroupScore = GroupScore.SumOfTopTwo,
            Scale = scale,
        },
        RoutingMethod.Llama4 => new() { Method = method, Score = ScoreFunction.Sigmoid, ScoreAfterSelection = true },
        RoutingMethod.RenormalizeNaive => new() { Method = method, Renormalize = true },
        RoutingMethod.TopK => new() { Method = method, Score = ScoreFunction.Identity },
        RoutingMethod.SigmoidRenorm => new() { Method = method, Score = ScoreFunction.Sigmoid, Renormalize = true },
        RoutingMethod.MiniMax2 => new()
        {
            Method = method,
            Score = ScoreFunction.Sigmoid,
            HasCorrectionBias = true,
            Renormalize = true,
            RenormalizeFloor = 1e-20f,
        },
        RoutingMethod.Sigmoid => new() { Method = method, Score = ScoreFunction.Sigmoid },
        RoutingMethod.DeepSeekV4 => new()
        {
            Method = method,
            Score = ScoreFunction.SqrtSoftplus,
            HasCorrectionBias = true,
            Renormalize = true,
            RenormalizeFloor = 1e-20f,
            Scale = scale,
        },
        RoutingMethod.Custom => new() { Method = method, SparseMixerJitter = 0.01f },
        RoutingMethod.Simulated => new() { Method = method },
        _ => throw new ArgumentOutOfRangeException(
            nameof(method), method, "Unspecified routing has no published fields; set them."),
    };

    /// <summary>
    /// What is wrong with these fields for a layer of <paramref name="experts"/> experts; empty when nothing is.
    /// </summary>
    public IEnumerable<string> Problems(int experts, int topK)
    {
        if (Groups < 1 || experts % Groups != 0)
        {
            yield return $"routing groups must be at least 1 and divide the {experts} experts, got {Groups}";
        }
        else if (GroupsKept < 1 || GroupsKept > Groups)
        {
            yield return $"routing groups kept must be 1 to {Groups}, got {GroupsKept}";
        }
        else if ((long)GroupsKept * (experts / Groups) < topK)
        {
            yield return $"top-k must be at most the {GroupsKept * (experts / Groups)} experts of the kept groups, got {topK}";
        }

        if (!float.IsFinite(Scale))
        {
            yield return $"routing scale must be finite, got {Scale}";
        }

        if (RenormalizeFloor < 0 || float.IsNaN(RenormalizeFloor))
        {
            yield return $"renormalize floor must be at least 0, got {RenormalizeFloor}";
        }

        if (IdentityExperts < 0)
        {
            yield return $"identity experts must be at least 0, got {IdentityExperts}";
        }

        if (IdentityExperts > 0 && (FusedSharedExperts > 0 || Groups > 1))
        {
            yield return "identity experts must be 0 with fused shared experts or groups, "
                + $"got {IdentityExperts} with {FusedSharedExperts} and {Groups} groups";
        }

        if (FusedSharedExperts < 0)
        {
            yield return $"fused shared experts must be at least 0, got {FusedSharedExperts}";
        }

        if (SparseMixerJitter is { } jitter && (jitter is not > 0 || topK != 2))
        {
            yield return $"sparse-mixer routing must have top-k 2 and a jitter above 0, got top-k {topK} and {jitter}";
        }

        if (HasHashTable && Groups > 1)
        {
            yield return $"hash routing must have 1 group, got {Groups}";
        }
    }
}
