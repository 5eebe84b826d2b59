using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// A tiny config.json of one family, spelled as the published ones are, and the layer that it describes.
/// </summary>
/// <param name="Name">Name of the case.</param>
/// <param name="Prefix">Names of the layer's tensors start with it.</param>
/// <param name="Config">Text of config.json.</param>
/// <param name="Routing">Routing of the layer.</param>
internal sealed record FamilyCase(string Name, string Prefix, string Config, RoutingSpec Routing)
{
    public const int Experts = 6;

    public const int Hidden = 32;

    public const int Intermediate = 16;

    private const string Sizes = "\"hidden_size\": 32, \"num_experts_per_tok\": 2";

    public ActivationSpec Activation { get; init; } = ActivationSpec.Silu;

    public SharedExpertsSpec? Shared { get; init; }

    public int TopK { get; init; } = 2;

    public bool RouterWeightOnInput { get; init; }

    public int Layer { get; init; } = 1;

    public bool HasGateBias { get; init; }

    public bool HasExpertBias { get; init; }

    public bool HasOutputBias { get; init; }

    public static IReadOnlyList<FamilyCase> All { get; } =
    [
        new("mixtral", "model.layers.1.block_sparse_moe",
            $$"""{ "model_type": "mixtral", {{Sizes}}, "num_local_experts": 6, "intermediate_size": 16 }""",
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("minimax", "model.layers.1.block_sparse_moe",
            $$"""{ "model_type": "minimax", {{Sizes}}, "num_local_experts": 6, "intermediate_size": 16 }""",
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("phimoe", "model.layers.1.block_sparse_moe",
            $$"""
            { "model_type": "phimoe", {{Sizes}}, "num_local_experts": 6, "intermediate_size": 16,
              "router_jitter_noise": 0.25 }
            """,
            RoutingSpec.For(RoutingMethod.Custom) with { SparseMixerJitter = 0.25f }),
        new("qwen2_moe", "model.layers.1.mlp",
            $$"""
            { "model_type": "qwen2_moe", {{Sizes}}, "num_experts": 6, "intermediate_size": 99, "moe_intermediate_size": 16,
              "shared_expert_intermediate_size": 24, "norm_topk_prob": false }
            """,
            RoutingSpec.For(RoutingMethod.Default)) { Shared = new(24, HasGate: true) },
        new("qwen3_moe", "model.layers.1.mlp",
            $$"""
            { "model_type": "qwen3_moe", {{Sizes}}, "num_experts": 6, "moe_intermediate_size": 16,
              "norm_topk_prob": true }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("qwen3_next", "model.layers.1.mlp",
            $$"""
            { "model_type": "qwen3_next", {{Sizes}}, "num_experts": 6, "moe_intermediate_size": 16,
              "shared_expert_intermediate_size": 8 }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)) { Shared = new(8, HasGate: true) },
        new("olmoe", "model.layers.1.mlp",
            $$"""{ "model_type": "olmoe", {{Sizes}}, "num_experts": 6, "intermediate_size": 16 }""",
            RoutingSpec.For(RoutingMethod.Default)),
        new("deepseek_v2 greedy", "model.layers.1.mlp",
            $$"""
            { "model_type": "deepseek_v2", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16, "n_shared_experts": 2,
              "topk_method": "greedy", "n_group": 3, "topk_group": 2, "routed_scaling_factor": 1.0, "first_k_dense_replace": 1 }
            """,
            RoutingSpec.For(RoutingMethod.Default)) { Shared = new(32) },
        new("deepseek_v2 groups", "model.layers.1.mlp",
            $$"""
            { "model_type": "deepseek_v2", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16,
              "n_shared_experts": null, "topk_method": "group_limited_greedy", "n_group": 3, "topk_group": 2,
              "routed_scaling_factor": 16.0 }
            """,
            new() { Groups = 3, GroupsKept = 2, Scale = 16 }),
        new("deepseek_v2 renormalized", "model.layers.1.mlp",
            $$"""
            { "model_type": "deepseek_v2", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16,
              "routed_scaling_factor": 16.0, "norm_topk_prob": true }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("deepseek_v3", "model.layers.1.mlp",
            $$"""
            { "model_type": "deepseek_v3", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16, "n_shared_experts": 1,
              "n_group": 3, "topk_group": 2, "routed_scaling_factor": 2.5, "norm_topk_prob": true }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, 3, 2, 2.5f)) { Shared = new(16) },
        new("glm4_moe", "model.layers.1.mlp",
            $$"""
            { "model_type": "glm4_moe", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16, "n_shared_experts": 1,
              "n_group": 1, "topk_group": 1, "routed_scaling_factor": 1.5, "norm_topk_prob": true, "first_k_dense_replace": 1 }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, 1, 1, 1.5f)) { Shared = new(16) },
        new("ernie4_5_moe", "model.layers.1.mlp",
            """
            { "model_type": "ernie4_5_moe", "hidden_size": 32, "moe_k": 2, "moe_num_experts": 6, "moe_intermediate_size": 16,
              "moe_num_shared_experts": 2, "moe_norm_min": 1e-6, "moe_layer_start_index": 1, "moe_layer_interval": 1 }
            """,
            new() { HasCorrectionBias = true, Renormalize = true, RenormalizeFloor = 1e-6f }) { Shared = new(32) },
        new("hunyuan_v1_moe", "model.layers.1.mlp",
            """
            { "model_type": "hunyuan_v1_moe", "hidden_size": 32, "moe_topk": [2, 2], "num_experts": 6, "intermediate_size": 99,
              "moe_intermediate_size": [16, 16], "num_shared_expert": [1, 1] }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)) { Shared = new(16) },
        new("granitemoe", "model.layers.1.block_sparse_moe",
            $$"""{ "model_type": "granitemoe", {{Sizes}}, "num_local_experts": 6, "intermediate_size": 16 }""",
            RoutingSpec.For(RoutingMethod.Renormalize)),
        new("llama4 nested", "language_model.model.layers.1.feed_forward",
            """
            { "model_type": "llama4", "hidden_size": 99, "text_config": { "hidden_size": 32, "num_experts_per_tok": 1,
              "num_local_experts": 6, "intermediate_size": 16, "interleave_moe_layer_step": 2 } }
            """,
            RoutingSpec.For(RoutingMethod.Llama4)) { Shared = new(16), TopK = 1, RouterWeightOnInput = true },
        new("gpt_oss", "model.layers.1.mlp",
            $$"""
            { "model_type": "gpt_oss", {{Sizes}}, "num_local_experts": 6, "intermediate_size": 16, "hidden_act": "silu",
              "swiglu_limit": 5.0 }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize))
        {
            Activation = new(ActivationKind.SwigluOai, 5f),
            HasGateBias = true,
            HasExpertBias = true,
        },
        new("nemotron_h", "backbone.layers.3.mixer",
            $$"""
            { "model_type": "nemotron_h", {{Sizes}}, "n_routed_experts": 6, "moe_intermediate_size": 16,
              "moe_latent_size": null, "moe_shared_expert_intermediate_size": 24, "n_group": 1, "topk_group": 1,
              "routed_scaling_factor": 2.5, "norm_topk_prob": true, "mlp_hidden_act": "relu2",
              "hybrid_override_pattern": "M-*E" }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, 1, 1, 2.5f))
        {
            Activation = new(ActivationKind.Relu2NoMul),
            Shared = new(24),
            Layer = 3,
        },
        new("dbrx", "transformer.blocks.1.ffn",
            """
            { "model_type": "dbrx", "d_model": 32, "ffn_config": { "ffn_hidden_size": 16, "moe_num_experts": 6, "moe_top_k": 2,
              "moe_normalize_expert_weights": 1, "ffn_act_fn": { "name": "silu" } } }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("dbrx not normalized", "transformer.blocks.1.ffn",
            """
            { "model_type": "dbrx", "d_model": 32, "ffn_config": { "ffn_hidden_size": 16, "moe_num_experts": 6, "moe_top_k": 2,
              "moe_normalize_expert_weights": null } }
            """,
            RoutingSpec.For(RoutingMethod.Default)),
        new("jamba", "model.layers.1.feed_forward",
            $$"""
            { "model_type": "jamba", {{Sizes}}, "num_experts": 6, "intermediate_size": 16, "expert_layer_period": 2,
              "expert_layer_offset": 1 }
            """,
            RoutingSpec.For(RoutingMethod.Default)),
        .. FamilyCases.ByName,
        .. NewerFamilyCases.ByName,
    ];

    /// <summary>The family's data.</summary>
    public MoeFamily Family => MoeFamilies.All.Single(f => f.ModelTypes.Contains(ModelType));

    /// <summary>Value of <c>model_type</c>.</summary>
    public string ModelType => Name.Split(' ')[0];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
