using static FusedMoe.Runtime.Checkpoints.FamilyParts;

namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Families whose router is a softmax, over all logits or over the selected ones.</summary>
internal static class SoftmaxFamilies
{
    public static IReadOnlyList<MoeFamily> All { get; } =
    [
        new()
        {
            ModelTypes = ["mixtral", "minimax"],
            Blocks = MixtralBlocks,
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        },
        new()
        {
            ModelTypes = ["phimoe"],
            Blocks = MixtralBlocks,
            Gates = ["gate.weight", "router.weight"],
            Layouts = MixtralNames,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Custom)) { JitterKey = "router_jitter_noise" },
        },
        new()
        {
            ModelTypes = ["qwen2_moe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax,
            Shared = GatedShared,
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["qwen3_next", "qwen4_exp", "qwen4_exp_text"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with { RenormalizeDefault = true },
            Shared = GatedShared,
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["qwen3_moe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax,
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["qwen3_omni_moe_thinker", "qwen3_omni_moe_text"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with { RenormalizeDefault = true },
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["qwen3_omni_moe"],
            Blocks = ["thinker.model.layers.{layer}.mlp"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with { RenormalizeDefault = true },
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["olmoe", "flex_olmo"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = Softmax,
        },
        new()
        {
            ModelTypes = ["deepseek_v2", "deepseek_ocr2", "deepseek_ocr2_text"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with
            {
                ScaleKey = "routed_scaling_factor",
                ScalesOnlyRawWeights = true,
                GroupsKey = "n_group",
                GroupsKeptKey = "topk_group",
                GroupMethodKey = "topk_method",
            },
            Shared = CountedShared,
            Layers = AfterDense with { KindsKey = MlpKinds },
            FixedKeys = new Dictionary<string, string> { ["scoring_func"] = "softmax" },
        },
        new()
        {
            ModelTypes = ["ernie4_5_moe"],
            Blocks = Mlp,
            CorrectionBiases = ["moe_statics.e_score_correction_bias", "gate.moe_statics.e_score_correction_bias"],
            Layouts = Usual,
            Sizes = new(
                ["moe_num_experts", "num_experts", "num_local_experts"],
                ["moe_k", "num_experts_per_tok"],
                ["moe_intermediate_size"],
                ["hidden_size"]),
            Routing = new(new RoutingSpec { HasCorrectionBias = true, Renormalize = true })
            {
                FloorKey = "moe_norm_min",
                FloorDefault = 1e-12f,
            },
            Shared = new("shared_experts") { CountKey = "moe_num_shared_experts" },
            Layers = new()
            {
                FirstKey = "moe_layer_start_index",
                LastKey = "moe_layer_end_index",
                StepKey = "moe_layer_interval",
            },
        },
        new()
        {
            ModelTypes = ["hunyuan_v1_moe"],
            Blocks = Mlp,
            Gates = ["gate.wg.weight"],
            Layouts = Usual,
            Sizes = new(
                ["num_experts", "num_local_experts"],
                ["moe_topk", "num_experts_per_tok"],
                ["moe_intermediate_size", "intermediate_size"],
                ["hidden_size"]),
            Routing = new(RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
            Shared = new("shared_mlp") { CountKey = "num_shared_expert", CountDefault = 1 },
        },
        new()
        {
            ModelTypes = ["longcat_flash"],
            Blocks = Mlp,
            Gates = ["router.classifier.weight"],
            CorrectionBiases = ["router.e_score_correction_bias"],
            Layouts = Usual,
            Sizes = new(
                ["n_routed_experts", "num_local_experts"],
                ["moe_topk", "num_experts_per_tok"],
                ["expert_ffn_hidden_size", "moe_intermediate_size"],
                ["hidden_size"]),
            Routing = new(new RoutingSpec { HasCorrectionBias = true })
            {
                ScaleKey = "routed_scaling_factor",
                ScaleDefault = 6f,
                IdentitiesKey = "zero_expert_num",
                IdentitiesDefault = 256,
            },
            FixedKeys = new Dictionary<string, string> { ["zero_expert_type"] = "identity", ["router_bias"] = "false" },
        },
        new()
        {
            ModelTypes = ["granitemoe", "granitemoeshared", "granitemoehybrid", "granitemoe_swa"],
            Blocks = MixtralBlocks,
            Gates = ["router.layer.weight", "router.weight"],
            Layouts = [ExpertLayout.Fused("input_linear.weight", "output_linear.weight"), InMemory],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
        },
        new()
        {
            ModelTypes = ["jetmoe"],
            Blocks = Mlp,
            Gates = ["router.layer.weight"],
            Layouts = [ExpertLayout.Fused("input_linear.weight", "output_linear.weight")],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
            Activation = new("activation_function"),
            OutputBias = "bias",
        },
        new()
        {
            ModelTypes = ["gpt_oss"],
            Blocks = Mlp,
            Gates = ["router.weight"],
            GateBias = "router.bias",
            Layouts =
            [
                ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj", isTransposed: true),
                ExpertLayout.Fused("experts.gate_up_proj_blocks", "experts.down_proj_blocks") with { IsMxfp4 = true },
            ],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
            Activation = new() { SwigluOaiLimitKey = "swiglu_limit" },
            HasExpertBias = true,
        },
        new()
        {
            ModelTypes = ["openai_privacy_filter"],
            Blocks = Mlp,
            Gates = ["router.weight"],
            GateBias = "router.bias",
            Layouts = [ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj", isTransposed: true)],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
            Activation = new() { SwigluOaiLimitKey = "swiglu_limit", SwigluOaiAlphaKey = "swiglu_alpha" },
            HasExpertBias = true,
        },
        new()
        {
            ModelTypes = ["dbrx"],
            Blocks = ["blocks.{layer}.ffn"],
            Gates = ["router.layer.weight"],
            Layouts =
            [
                new()
                {
                    Gate = new("experts.mlp.w1"),
                    Up = new("experts.mlp.v1"),
                    Down = new("experts.mlp.w2", IsTransposed: true),
                },
            ],
            Sizes = new(
                ["ffn_config.moe_num_experts"],
                ["ffn_config.moe_top_k"],
                ["ffn_config.ffn_hidden_size"],
                ["d_model"]),
            Routing = new(RoutingSpec.For(RoutingMethod.Default))
            {
                NormOrderKey = "ffn_config.moe_normalize_expert_weights",
            },
            Activation = new("ffn_config.ffn_act_fn.name"),
        },
        new()
        {
            ModelTypes = ["jamba"],
            Blocks = ["layers.{layer}.feed_forward"],
            Gates = ["router.weight"],
            Layouts = Usual,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Default)),
            Layers = new() { PeriodKey = "expert_layer_period", OffsetKey = "expert_layer_offset" },
        },
        new()
        {
            ModelTypes = ["mellum"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with { RenormalizeDefault = true },
            Layers = ListedKinds,
        },
        new()
        {
            ModelTypes = ["qwen3_vl_moe", "qwen3_vl_moe_text"],
            Blocks = Mlp,
            Layouts =
            [
                Projections,
                InMemory,
                ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj", isTransposed: true),
            ],
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
            Layers = SparseSteps,
        },
        new()
        {
            ModelTypes = ["qwen3_5_moe", "qwen3_5_moe_text"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
            Shared = GatedShared,
        },
        new()
        {
            ModelTypes = ["mistral4"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = Softmax with
            {
                Base = RoutingSpec.For(RoutingMethod.Default) with { GroupScore = GroupScore.SumOfTopTwo },
                RenormalizeDefault = true,
                ScaleKey = "routed_scaling_factor",
                GroupsKey = "n_group",
                GroupsKeptKey = "topk_group",
            },
            Shared = CountedShared,
            Layers = AfterDense,
        },
        new()
        {
            ModelTypes = ["cohere2_moe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize))
            {
                ScoreKey = "expert_selection_fn",
                RenormalizeKey = "norm_topk_prob",
                RenormalizeDefault = true,
            },
            Shared = new("shared_experts")
            {
                CountKey = "num_shared_experts",
                CombinationKey = "shared_expert_combination_strategy",
            },
            Layers = ListedKinds with { FirstKey = "first_k_dense_replace" },
        },
        new()
        {
            ModelTypes = ["aria", "aria_text"],
            Blocks = Mlp,
            Gates = ["router.weight"],
            Layouts = [ExpertLayout.Fused("experts.fc1.weight", "experts.fc2.weight", isTransposed: true)],
            Sizes = new(
                ["moe_num_experts", "num_experts", "num_local_experts"],
                ["moe_topk", "num_experts_per_tok"],
                ["intermediate_size"],
                ["hidden_size"]),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
            Shared = new("shared_experts") { CountKey = "moe_num_shared_experts" },
        },
    ];
}
