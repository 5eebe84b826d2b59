using static FusedMoe.Runtime.Checkpoints.FamilyParts;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Other families that score each expert by itself: by a sigmoid, or sqrt(softplus).</summary>
internal static class SigmoidFamilies
{
    public static IReadOnlyList<MoeFamily> All { get; } =
    [
        new()
        {
            ModelTypes = ["step3p7", "step3p5"],
            Blocks = ["layers.{layer}.mlp", "layers.{layer}.moe"],
            CorrectionBiases = ["gate.e_score_correction_bias", "router_bias"],
            Layouts =
            [
                InMemory,
                new()
                {
                    Gate = new("gate_proj.weight"),
                    Up = new("up_proj.weight"),
                    Down = new("down_proj.weight"),
                },
            ],
            Sizes = new(
                ["moe_num_experts", "num_local_experts"],
                ["moe_top_k", "num_experts_per_tok"],
                ["moe_intermediate_size"],
                ["hidden_size"]),
            Routing = new(RoutingSpec.For(RoutingMethod.MiniMax2)) { ScaleKey = "moe_router_scaling_factor" },
            Activation = new() { StepLimitsKey = "swiglu_limits" },
            Shared = new("shared_experts")
            {
                SizeKey = "share_expert_dim",
                Beside = "share_expert",
                Activation = new() { StepLimitsKey = "swiglu_limits_shared" },
            },
            Layers = ListedKinds,
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
            Shared = new("shared_experts") { SizeKey = "shared_intermediate_size", GateUpName = "gate_up_proj" },
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
    ];
}
