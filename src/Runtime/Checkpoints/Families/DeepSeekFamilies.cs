using static FusedMoe.Runtime.Checkpoints.FamilyParts;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// Families that route as DeepSeek-V3 does: sigmoid scores, a correction bias, groups scored by their two best.
/// </summary>
internal static class DeepSeekFamilies
{
    public static IReadOnlyList<MoeFamily> All { get; } =
    [
        new()
        {
            ModelTypes = ["deepseek_v3", "deepseek_v32", "kimi_k2", "kimi_k25", "kimi_vl"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 2.5f, GroupsDefault = (8, 4) },
            Shared = CountedShared,
            Layers = AfterDense,
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["glm4_moe", "glm4v_moe", "glm4v_moe_text", "solar_open"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss,
            Shared = CountedShared,
            Layers = AfterDense,
        },
        new()
        {
            ModelTypes = ["glm4_moe_lite"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 1.8f },
            Shared = CountedShared,
            Layers = AfterDense with { KindsKey = MlpKinds },
        },
        new()
        {
            ModelTypes = ["glm_moe_dsa", "axk2"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 2.5f },
            Shared = CountedShared,
            Layers = AfterDense with { KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["glm5_next", "glm5_next_text"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 2.5f },
            Activation = new() { SiluLimitKey = "swiglu_limit", SiluLimitDefault = 10f },
            Shared = CountedShared,
            Layers = AfterDense with { KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["hy_v4"],
            Blocks = Mlp,
            Gates = ["gate.weight", "router.gate.weight"],
            CorrectionBiases = ["gate.e_score_correction_bias", "e_score_correction_bias", "expert_bias"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 2.827f },
            Activation = new() { SiluLimitKey = "swiglu_limit", SiluLimitDefault = 10f },
            Shared = new("shared_experts", "shared_mlp") { CountKey = "n_shared_experts", Activation = new() },
            Layers = ListedKinds,
        },
        new()
        {
            ModelTypes = ["kimi_linear"],
            Blocks = MixtralBlocks,
            Layouts = [.. MixtralNames, Projections],
            Sizes = new(
                ["num_experts", "num_local_experts", "n_routed_experts"],
                ["num_experts_per_token", "num_experts_per_tok"],
                ["moe_intermediate_size"],
                ["hidden_size"]),
            Routing = NoAuxiliaryLoss with
            {
                RenormalizeKey = "moe_renormalize",
                ScaleDefault = 2.446f,
                GroupsKey = "num_expert_group",
            },
            Shared = new("shared_experts") { CountKey = "num_shared_experts" },
            Layers = AfterDense with { KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string> { ["moe_router_activation_func"] = "sigmoid" },
        },
        new()
        {
            ModelTypes = ["dots1"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { RenormalizeDefault = false },
            Shared = CountedShared,
            Layers = AfterDense,
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["exaone_moe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss with { ScaleDefault = 2.5f },
            Shared = new("shared_experts") { CountKey = "num_shared_experts" },
            Layers = AfterDense with { KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["mimo_v2_flash"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss,
            Shared = CountedShared,
            Layers = ListedKinds,
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["topk_method"] = "noaux_tc" },
        },
        new()
        {
            ModelTypes = ["nemotron_h"],
            Blocks = ["layers.{layer}.mixer"],
            Layouts =
            [
                new() { Up = new("experts.{expert}.up_proj.weight"), Down = new("experts.{expert}.down_proj.weight") },
                new() { Up = new("experts.up_proj"), Down = new("experts.down_proj") },
            ],
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss,
            Activation = new("mlp_hidden_act", "relu2", IsGated: false),
            Shared = new("shared_experts") { SizeKey = "moe_shared_expert_intermediate_size" },
            Layers = new() { KindsKey = "layers_block_type", PatternKey = "hybrid_override_pattern" },
            RefusedKeys = new Dictionary<string, string>
            {
                ["moe_latent_size"] =
                    "experts behind a latent projection are not known; choose a checkpoint without it",
            },
        },
    ];
}
