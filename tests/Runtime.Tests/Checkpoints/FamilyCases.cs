namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Further families: what differs is the spelling of config.json and the names of tensors.</summary>
internal static class FamilyCases
{
    private const string Sizes = "\"hidden_size\": 32, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 16";

    private static readonly RoutingSpec SigmoidWithBias = RoutingSpec.For(RoutingMethod.MiniMax2);

    public static IReadOnlyList<FamilyCase> ByName { get; } =
    [
        new("mellum", "model.layers.1.mlp",
            $$"""{ "model_type": "mellum", {{Sizes}}, "num_local_experts": 6, "mlp_layer_types": ["dense", "sparse"] }""",
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("flex_olmo", "model.layers.1.mlp",
            """
            { "model_type": "flex_olmo", "hidden_size": 32, "num_experts_per_tok": 2, "num_experts": 6,
              "intermediate_size": 16 }
            """,
            RoutingSpec.For(RoutingMethod.Default)),
        new("qwen3_vl_moe", "model.language_model.layers.1.mlp",
            $$"""{ "model_type": "qwen3_vl_moe", "text_config": { {{Sizes}}, "num_experts": 6, "norm_topk_prob": false } }""",
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("qwen3_5_moe", "model.language_model.layers.1.mlp",
            $$"""
            { "model_type": "qwen3_5_moe", "text_config": { {{Sizes}}, "num_experts": 6,
              "shared_expert_intermediate_size": 8 } }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)) { Shared = new(8, HasGate: true) },
        new("mistral4", "model.layers.1.mlp",
            $$"""
            { "model_type": "mistral4", {{Sizes}}, "n_routed_experts": 6, "n_group": 3, "topk_group": 2, "n_shared_experts": 1,
              "routed_scaling_factor": 1.5 }
            """,
            RoutingSpec.For(RoutingMethod.Default, 3, 2) with
            {
                Method = RoutingMethod.Unspecified,
                Renormalize = true,
                Groups = 3,
                GroupsKept = 2,
                GroupScore = GroupScore.SumOfTopTwo,
                Scale = 1.5f,
            }) { Shared = new(16) },
        new("cohere2_moe softmax", "model.layers.1.mlp",
            """
            { "model_type": "cohere2_moe", "hidden_size": 32, "num_experts_per_tok": 2, "num_experts": 6,
              "intermediate_size": 16, "expert_selection_fn": "softmax", "norm_topk_prob": true }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize)),
        new("cohere2_moe sigmoid", "model.layers.1.mlp",
            """
            { "model_type": "cohere2_moe", "hidden_size": 32, "num_experts_per_tok": 2, "num_experts": 6,
              "intermediate_size": 16, "expert_selection_fn": "sigmoid", "norm_topk_prob": false }
            """,
            RoutingSpec.For(RoutingMethod.Llama4)),
        new("aria", "language_model.model.layers.1.mlp",
            """
            { "model_type": "aria", "text_config": { "hidden_size": 32, "intermediate_size": 16, "moe_num_experts": 6,
              "moe_topk": 2, "moe_num_shared_experts": 2 } }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize)) { Shared = new(32) },
        .. new[] { "deepseek_v32", "kimi_k2", "kimi_k25", "kimi_vl" }.Select(type =>
            new FamilyCase(type, "model.layers.1.mlp",
                $$"""
                { "model_type": "{{type}}", {{Sizes}}, "n_routed_experts": 6, "n_group": 3, "topk_group": 2,
                  "n_shared_experts": 1, "scoring_func": "sigmoid", "topk_method": "noaux_tc" }
                """,
                RoutingSpec.For(RoutingMethod.DeepSeekV3, 3, 2, 2.5f)) { Shared = new(16) }),
        .. new[]
        {
            ("glm4v_moe", 1f), ("solar_open", 1f), ("glm4_moe_lite", 1.8f), ("glm_moe_dsa", 2.5f), ("exaone_moe", 2.5f),
            ("mimo_v2_flash", 1f),
        }.Select(family => new FamilyCase(family.Item1, "model.layers.1.mlp",
            $$"""{ "model_type": "{{family.Item1}}", {{Sizes}}, "num_experts": 6 }""",
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: family.Item2))),
        new("dots1", "model.layers.1.mlp",
            $$"""
            { "model_type": "dots1", {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 2,
              "routed_scaling_factor": 2.5 }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 2.5f) with
            {
                Method = RoutingMethod.Unspecified,
                Renormalize = false,
                RenormalizeFloor = 0,
            }) { Shared = new(32) },
        new("minimax_m2", "model.layers.1.block_sparse_moe",
            """
            { "model_type": "minimax_m2", "hidden_size": 32, "num_experts_per_tok": 2, "num_local_experts": 6,
              "intermediate_size": 16, "use_routing_bias": true }
            """,
            SigmoidWithBias),
        new("minimax_m3_vl", "language_model.model.layers.1.block_sparse_moe",
            """
            { "model_type": "minimax_m3_vl", "text_config": { "hidden_size": 32, "num_experts_per_tok": 2,
              "intermediate_size": 16, "num_local_experts": 6, "shared_intermediate_size": 8, "hidden_act": "swigluoai" } }
            """,
            SigmoidWithBias with { Method = RoutingMethod.Unspecified, Scale = 2 })
        {
            Activation = new(ActivationKind.SwigluOaiUninterleave, 7f, 1.702f, 1f),
            Shared = new(8),
        },
        new("lfm2_moe", "model.layers.1.feed_forward",
            $$"""{ "model_type": "lfm2_moe", {{Sizes}}, "num_experts": 6, "num_dense_layers": 1 }""",
            SigmoidWithBias with { Method = RoutingMethod.Unspecified, RenormalizeFloor = 1e-6f }),
        new("lfm2_moe unbiased", "model.layers.1.feed_forward",
            $$"""
            { "model_type": "lfm2_moe", {{Sizes}}, "num_experts": 6, "use_expert_bias": false, "norm_topk_prob": false }
            """,
            RoutingSpec.For(RoutingMethod.Sigmoid)),
        new("afmoe", "model.layers.1.mlp",
            $$"""{ "model_type": "afmoe", {{Sizes}}, "num_experts": 6, "num_shared_experts": 1, "route_scale": 2.5 }""",
            SigmoidWithBias with { Method = RoutingMethod.Unspecified, Scale = 2.5f }) { Shared = new(16) },
        new("laguna", "model.layers.1.mlp",
            $$"""
            { "model_type": "laguna", {{Sizes}}, "num_experts": 6, "shared_expert_intermediate_size": 8,
              "moe_router_logit_softcapping": 0.0, "moe_apply_router_weight_on_input": false }
            """,
            SigmoidWithBias) { Shared = new(8) },
        new("hy_v3", "model.layers.1.mlp",
            $$"""{ "model_type": "hy_v3", {{Sizes}}, "num_experts": 6, "num_shared_experts": 1 }""",
            SigmoidWithBias with { Method = RoutingMethod.Unspecified, Scale = 2.826f }) { Shared = new(16) },
        new("deepseek_v4", "layers.1.ffn",
            $$"""{ "model_type": "deepseek_v4", {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 1 }""",
            RoutingSpec.For(RoutingMethod.DeepSeekV4, scale: 1.5f))
        {
            Activation = new(ActivationKind.Silu, 10f),
            Shared = new(16),
        },
    ];
}
