namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// All known families. Names, layouts and routing are those of the published checkpoints and of the models' definitions
/// in the transformers library; recorded layers of each are compared in the tests.
/// </summary>
internal static class MoeFamilies
{
    private static readonly ExpertLayout Projections = ExpertLayout.PerExpert("gate_proj", "up_proj", "down_proj");

    private static readonly ExpertLayout InMemory = ExpertLayout.Fused("experts.gate_up_proj", "experts.down_proj");

    private static readonly IReadOnlyList<ExpertLayout> Usual = [Projections, InMemory];

    private static readonly IReadOnlyList<ExpertLayout> MixtralNames =
        [ExpertLayout.PerExpert("w1", "w3", "w2"), InMemory];

    private static readonly IReadOnlyList<string> MixtralBlocks =
        ["layers.{layer}.block_sparse_moe", "layers.{layer}.mlp"];

    private static readonly IReadOnlyList<string> Mlp = ["layers.{layer}.mlp"];

    private static readonly RoutingRule Softmax = new(RoutingSpec.For(RoutingMethod.Default))
    {
        RenormalizeKey = "norm_topk_prob",
    };

    private static readonly RoutingRule NoAuxiliaryLoss = new(RoutingSpec.For(RoutingMethod.DeepSeekV3))
    {
        RenormalizeKey = "norm_topk_prob",
        RenormalizeDefault = true,
        ScaleKey = "routed_scaling_factor",
        GroupsKey = "n_group",
        GroupsKeptKey = "topk_group",
    };

    private static readonly LayerRule AfterDense = new()
    {
        FirstKey = "first_k_dense_replace",
        FrequencyKey = "moe_layer_freq",
    };

    private static readonly LayerRule SparseSteps = new()
    {
        StepKey = "decoder_sparse_step",
        DenseKey = "mlp_only_layers",
    };

    private static readonly SharedExpertsRule CountedShared = new("shared_experts") { CountKey = "n_shared_experts" };

    private static readonly SharedExpertsRule GatedShared = new("shared_expert")
    {
        SizeKey = "shared_expert_intermediate_size",
        GateName = "shared_expert_gate.weight",
    };

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
            ModelTypes = ["qwen3_next"],
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
            ModelTypes = ["olmoe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = Softmax,
        },
        new()
        {
            ModelTypes = ["deepseek_v2"],
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
            Layers = AfterDense,
        },
        new()
        {
            ModelTypes = ["deepseek_v3", "glm4_moe"],
            Blocks = Mlp,
            Layouts = Usual,
            Sizes = SizeKeys.Usual("moe_intermediate_size"),
            Routing = NoAuxiliaryLoss,
            Shared = CountedShared,
            Layers = AfterDense,
        },
        new()
        {
            ModelTypes = ["ernie4_5_moe"],
            Blocks = Mlp,
            CorrectionBiases = ["moe_statics.e_score_correction_bias", "gate.moe_statics.e_score_correction_bias"],
            Layouts = Usual,
            Sizes = new(["moe_num_experts"], ["moe_k"], ["moe_intermediate_size"], ["hidden_size"]),
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
            Sizes = new(["num_experts"], ["moe_topk"], ["moe_intermediate_size", "intermediate_size"], ["hidden_size"]),
            Routing = new(RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
            Shared = new("shared_mlp") { CountKey = "num_shared_expert", CountDefault = 1 },
        },
        new()
        {
            ModelTypes = ["granitemoe"],
            Blocks = MixtralBlocks,
            Gates = ["router.layer.weight", "router.weight"],
            Layouts = [ExpertLayout.Fused("input_linear.weight", "output_linear.weight"), InMemory],
            Sizes = SizeKeys.Usual("intermediate_size"),
            Routing = new(RoutingSpec.For(RoutingMethod.Renormalize)),
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
    ];

    /// <summary>Every known <c>model_type</c>, in alphabetical order.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } =
        All.SelectMany(f => f.ModelTypes).Order(StringComparer.Ordinal).ToArray();

    /// <summary>The family of a checkpoint.</summary>
    /// <exception cref="CheckpointException">
    /// Unknown <c>model_type</c> (the known ones are listed), or a refused key.
    /// </exception>
    public static MoeFamily Of(ModelConfig config)
    {
        var type = config.ModelType;
        var family = All.FirstOrDefault(f => f.ModelTypes.Contains(type))
            ?? throw CheckpointException.Must(config.File, "model_type", $"be one of {string.Join(", ", ModelTypes)}",
                CheckpointException.Quote(type), "choose a checkpoint of a known family");
        var refused = family.RefusedKeys.FirstOrDefault(k => config.Has(k.Key));
        return refused.Key is null
            ? family
            : throw CheckpointException.Must(
                config.File, $"'{refused.Key}'", "be absent or null", "a value", refused.Value);
    }
}
