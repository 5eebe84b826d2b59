using static FusedMoe.Runtime.Checkpoints.FamilyParts;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Families that score each expert by itself: by a sigmoid, or sqrt(softplus).</summary>
internal static class SigmoidFamilies
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
            ModelTypes = ["glm_moe_dsa"],
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
            ModelTypes = ["minimax_m2"],
            Blocks = MixtralBlocks,
            CorrectionBiases = ["e_score_correction_bias", "gate.e_score_correction_bias"],
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2)),
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "sigmoid", ["use_routing_bias"] = "true" },
        },
        new()
        {
            ModelTypes = ["minimax_m3_vl", "minimax_m3_vl_text"],
            Blocks = MixtralBlocks,
            CorrectionBiases = ["e_score_correction_bias", "gate.e_score_correction_bias"],
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2))
            {
                ScaleKey = "routed_scaling_factor",
                ScaleDefault = 2f,
            },
            Activation = new() { SwigluOaiLimitKey = "swiglu_limit", SwigluOaiAlphaKey = "swiglu_alpha" },
            Shared = new("shared_experts") { SizeKey = "shared_intermediate_size" },
            Layers = ListedKinds,
        },
        new()
        {
            ModelTypes = ["lfm2_moe"],
            Blocks = ["layers.{layer}.feed_forward"],
            CorrectionBiases = ["expert_bias"],
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2) with { RenormalizeFloor = 1e-6f })
            {
                RenormalizeKey = "norm_topk_prob",
                RenormalizeDefault = true,
                ScaleKey = "routed_scaling_factor",
                BiasKey = "use_expert_bias",
            },
            Layers = new() { FirstKey = "num_dense_layers" },
        },
        new()
        {
            ModelTypes = ["afmoe"],
            Blocks = Mlp,
            Gates = ["router.gate.weight"],
            CorrectionBiases = ["expert_bias"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2))
            {
                RenormalizeKey = "route_norm",
                RenormalizeDefault = true,
                ScaleKey = "route_scale",
            },
            Shared = new("shared_experts") { CountKey = "num_shared_experts" },
            Layers = new() { FirstKey = "num_dense_layers" },
            FixedKeys = new Dictionary<string, string> { ["score_func"] = "sigmoid" },
        },
        new()
        {
            ModelTypes = ["laguna"],
            Blocks = Mlp,
            CorrectionBiases = ["experts.e_score_correction_bias", "gate.e_score_correction_bias"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2)) { ScaleKey = "moe_routed_scaling_factor" },
            Shared = new("shared_expert", "shared_experts") { SizeKey = "shared_expert_intermediate_size" },
            Layers = ListedKinds,
            FixedKeys = new Dictionary<string, string>
            {
                ["moe_apply_router_weight_on_input"] = "false",
                ["moe_router_logit_softcapping"] = "0",
            },
        },
        new()
        {
            ModelTypes = ["hy_v3"],
            Blocks = Mlp,
            Gates = ["router.gate.weight", "gate.weight"],
            CorrectionBiases = ["expert_bias", "e_score_correction_bias"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2))
            {
                ScaleKey = "router_scaling_factor",
                ScaleDefault = 2.826f,
            },
            Shared = new("shared_mlp", "shared_experts") { CountKey = "num_shared_experts" },
            Layers = ListedKinds,
        },
        new()
        {
            ModelTypes = ["deepseek_v4"],
            Blocks = ["layers.{layer}.ffn", "layers.{layer}.mlp"],
            CorrectionBiases = ["gate.bias", "gate.e_score_correction_bias"],
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.DeepSeekV4))
            {
                ScaleKey = "routed_scaling_factor",
                ScaleDefault = 1.5f,
            },
            Activation = new() { SiluLimitKey = "swiglu_limit", SiluLimitDefault = 10f },
            Shared = new("shared_experts")
            {
                CountKey = "n_shared_experts",
                Projections = [("w1", "w3", "w2"), ("gate_proj", "up_proj", "down_proj")],
            },
            Layers = new() { FirstKey = "num_hash_layers", KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string>
            {
                ["scoring_func"] = "sqrtsoftplus",
                ["norm_topk_prob"] = "true",
            },
        },
        new()
        {
            ModelTypes = ["llama4", "llama4_text"],
            Blocks = ["layers.{layer}.feed_forward"],
            Gates = ["router.weight"],
            Layouts =
            [
                ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj", isTransposed: true),
                Projections,
            ],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Llama4)),
            Shared = new("shared_expert"),
            Layers = new() { ListKey = "moe_layers", StepKey = "interleave_moe_layer_step" },
            RouterWeightOnInput = true,
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
