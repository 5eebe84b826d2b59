namespace FusedMoe.Runtime.Checkpoints;

/// <summary>What several families have in common.</summary>
internal static class FamilyParts
{
    public static ExpertLayout Projections { get; } = ExpertLayout.PerExpert("gate_proj", "up_proj", "down_proj");

    public static ExpertLayout InMemory { get; } = ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj");

    public static IReadOnlyList<ExpertLayout> Usual { get; } = [Projections, InMemory];

    public static IReadOnlyList<ExpertLayout> MixtralNames { get; } =
        [ExpertLayout.PerExpert("w1", "w3", "w2"), InMemory];

    public static IReadOnlyList<string> MixtralBlocks { get; } =
        ["layers.{layer}.block_sparse_moe", "layers.{layer}.mlp"];

    public static IReadOnlyList<string> Mlp { get; } = ["layers.{layer}.mlp"];

    public static RoutingRule Softmax { get; } = new(RoutingSpec.For(RoutingMethod.Default))
    {
        RenormalizeKey = "norm_topk_prob",
    };

    public static RoutingRule NoAuxiliaryLoss { get; } = new(RoutingSpec.For(RoutingMethod.DeepSeekV3))
    {
        RenormalizeKey = "norm_topk_prob",
        RenormalizeDefault = true,
        ScaleKey = "routed_scaling_factor",
        GroupsKey = "n_group",
        GroupsKeptKey = "topk_group",
    };

    public static LayerRule AfterDense { get; } = new()
    {
        FirstKey = "first_k_dense_replace",
        FrequencyKey = "moe_layer_freq",
    };

    public const string MlpKinds = "mlp_layer_types";

    public static LayerRule ListedKinds { get; } = new() { KindsKey = MlpKinds };

    public static LayerRule SparseSteps { get; } = new()
    {
        StepKey = "decoder_sparse_step",
        DenseKey = "mlp_only_layers",
    };

    public static SharedExpertsRule CountedShared { get; } = new("shared_experts") { CountKey = "n_shared_experts" };

    public static SharedExpertsRule GatedShared { get; } = new("shared_expert")
    {
        SizeKey = "shared_expert_intermediate_size",
        GateName = "shared_expert_gate.weight",
    };
}
