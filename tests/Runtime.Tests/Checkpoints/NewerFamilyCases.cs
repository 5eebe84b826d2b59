namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Families of the transformers library 5.17 that have a shared part, a bias or a spelling of their own.</summary>
internal static class NewerFamilyCases
{
    private const string Sizes = "\"hidden_size\": 32, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 16";

    private const string PlainSizes = "\"hidden_size\": 32, \"num_experts_per_tok\": 2, \"intermediate_size\": 16";

    public static IReadOnlyList<FamilyCase> ByName { get; } =
    [
        .. new[] { "granitemoeshared", "granitemoehybrid", "granitemoe_swa" }.Select(type =>
            new FamilyCase(type, "model.layers.1.block_sparse_moe",
                $$"""
                { "model_type": "{{type}}", {{PlainSizes}}, "num_local_experts": 6, "shared_intermediate_size": 24 }
                """,
                RoutingSpec.For(RoutingMethod.Renormalize))),
        new("jetmoe", "model.layers.1.mlp",
            $$"""
            { "model_type": "jetmoe", {{PlainSizes}}, "num_local_experts": 6, "activation_function": "silu" }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize)) { HasOutputBias = true },
        new("longcat_flash", "model.layers.1.mlp",
            """
            { "model_type": "longcat_flash", "hidden_size": 32, "moe_topk": 2, "n_routed_experts": 6, "zero_expert_num": 3,
              "expert_ffn_hidden_size": 16, "routed_scaling_factor": 3.0, "zero_expert_type": "identity" }
            """,
            new() { HasCorrectionBias = true, Scale = 3, IdentityExperts = 3 }),
        new("longcat_flash without identities", "model.layers.1.mlp",
            """
            { "model_type": "longcat_flash", "hidden_size": 32, "moe_topk": 2, "n_routed_experts": 6,
              "zero_expert_num": null, "expert_ffn_hidden_size": 16 }
            """,
            new() { HasCorrectionBias = true, Scale = 6 }),
        new("openai_privacy_filter", "model.layers.1.mlp",
            $$"""{ "model_type": "openai_privacy_filter", {{PlainSizes}}, "num_local_experts": 6 }""",
            RoutingSpec.For(RoutingMethod.Renormalize))
        {
            Activation = new(ActivationKind.SwigluOaiUninterleave, 7f, 1.702f, 1f),
            HasGateBias = true,
            HasExpertBias = true,
        },
        new("cohere2_moe averaged", "model.layers.1.mlp",
            $$"""
            { "model_type": "cohere2_moe", {{PlainSizes}}, "num_experts": 6, "expert_selection_fn": "softmax",
              "num_shared_experts": 2 }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize) with { Method = RoutingMethod.Unspecified, Scale = 0.5f })
        {
            Shared = new(32, HasGate: true),
        },
        new("cohere2_moe summed", "model.layers.1.mlp",
            $$"""
            { "model_type": "cohere2_moe", {{PlainSizes}}, "num_experts": 6, "expert_selection_fn": "softmax",
              "num_shared_experts": 1, "shared_expert_combination_strategy": "sum" }
            """,
            RoutingSpec.For(RoutingMethod.Renormalize)) { Shared = new(16) },
        new("deepseek_ocr2", "model.language_model.layers.1.mlp",
            $$"""
            { "model_type": "deepseek_ocr2", "text_config": { {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 2,
              "topk_method": "greedy", "mlp_layer_types": ["dense", "sparse"] } }
            """,
            RoutingSpec.For(RoutingMethod.Default)) { Shared = new(32) },
        new("qwen3_omni_moe", "thinker.model.layers.1.mlp",
            $$"""
            { "model_type": "qwen3_omni_moe", "talker_config": { "text_config": { "hidden_size": 99 } },
              "thinker_config": { "model_type": "qwen3_omni_moe_thinker", "text_config": { {{Sizes}}, "num_experts": 6 } } }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("qwen3_omni_moe_thinker", "model.layers.1.mlp",
            $$"""
            { "model_type": "qwen3_omni_moe_thinker", "text_config": { {{Sizes}}, "num_experts": 6 } }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)),
        new("qwen4_exp", "model.language_model.layers.1.mlp",
            $$"""
            { "model_type": "qwen4_exp", "text_config": { {{Sizes}}, "num_experts": 6,
              "shared_expert_intermediate_size": 8 } }
            """,
            RoutingSpec.For(RoutingMethod.RenormalizeNaive)) { Shared = new(8, HasGate: true) },
        new("axk2", "model.layers.1.mlp",
            $$"""
            { "model_type": "axk2", {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 1, "n_group": null,
              "topk_group": null }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 2.5f)) { Shared = new(16) },
        new("glm5_next", "model.language_model.layers.1.mlp",
            $$"""
            { "model_type": "glm5_next", "text_config": { {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 1 } }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 2.5f))
        {
            Activation = new(ActivationKind.Silu, 10f),
            Shared = new(16),
        },
        new("glm5_next unclamped", "model.language_model.layers.1.mlp",
            $$"""
            { "model_type": "glm5_next", "text_config": { {{Sizes}}, "n_routed_experts": 6, "swiglu_limit": null } }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 2.5f)),
        new("hy_v4", "model.layers.1.mlp",
            $$"""{ "model_type": "hy_v4", {{Sizes}}, "n_routed_experts": 6, "n_shared_experts": 1 }""",
            RoutingSpec.For(RoutingMethod.DeepSeekV3, scale: 2.827f))
        {
            Activation = new(ActivationKind.Silu, 10f),
            Shared = new(16) { Activation = ActivationSpec.Silu },
        },
        new("kimi_linear", "model.layers.1.block_sparse_moe",
            """
            { "model_type": "kimi_linear", "hidden_size": 32, "moe_intermediate_size": 16, "num_experts_per_token": 2,
              "num_experts": 6, "n_routed_experts": 256, "num_shared_experts": 1, "num_expert_group": 3, "topk_group": 2,
              "moe_renormalize": true, "moe_router_activation_func": "sigmoid", "routed_scaling_factor": 2.446 }
            """,
            RoutingSpec.For(RoutingMethod.DeepSeekV3, 3, 2, 2.446f)) { Shared = new(16) },
        .. new[] { ("step3p7", 1), ("step3p5", 0) }.Select(at => new FamilyCase(at.Item1, $"model.layers.{at.Item2}.mlp",
            $$"""
            { "model_type": "{{at.Item1}}", "hidden_size": 32, "moe_intermediate_size": 16, "moe_num_experts": 6,
              "moe_top_k": 2, "share_expert_dim": 8, "moe_router_scaling_factor": 3.0, "swiglu_limits": [0.0, 1.5],
              "swiglu_limits_shared": [null, 16] }
            """,
            RoutingSpec.For(RoutingMethod.MiniMax2) with { Method = RoutingMethod.Unspecified, Scale = 3 })
        {
            Layer = at.Item2,
            Activation = at.Item2 == 0 ? ActivationSpec.Silu : new(ActivationKind.SwigluStep, 1.5f),
            Shared = new(8)
            {
                Activation = at.Item2 == 0 ? null : new(ActivationKind.SwigluStep, 16f),
            },
        }),
    ];
}
