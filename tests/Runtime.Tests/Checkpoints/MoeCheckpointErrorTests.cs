using System.Text.Json.Nodes;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>The exact texts for folders whose config.json and tensors do not make a layer.</summary>
public sealed class MoeCheckpointErrorTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private string Config => _folder.Place("config.json");

    [Test]
    public void Open_NoConfig_SaysSo() =>
        Assert.That(OpenError(), Is.EqualTo($"{Config}: the file must exist, got none; give the folder of a checkpoint."));

    [Test]
    public void Open_NoModelType_SaysSo()
    {
        _folder.Write("config.json", "{}");

        Assert.That(OpenError(), Is.EqualTo($"{Config} must have 'model_type' (a text), got none; add the key."));
    }

    [Test]
    public void Open_UnknownModelType_ListsTheKnownOnes()
    {
        _folder.Write("config.json", """{"model_type":"mixtrol"}""");

        Assert.That(OpenError(), Is.EqualTo(
            $"{Config}: model_type must be one of "
            + "afmoe, aria, aria_text, axk2, cohere2_moe, dbrx, deepseek_ocr2, deepseek_ocr2_text, deepseek_v2, "
            + "deepseek_v3, deepseek_v32, deepseek_v4, dots1, ernie4_5_moe, exaone_moe, flex_olmo, glm4_moe, "
            + "glm4_moe_lite, glm4v_moe, glm4v_moe_text, glm5_next, glm5_next_text, glm_moe_dsa, gpt_oss, "
            + "granitemoe, granitemoe_swa, granitemoehybrid, granitemoeshared, hunyuan_v1_moe, hy_v3, hy_v4, jamba, "
            + "jetmoe, kimi_k2, kimi_k25, kimi_linear, kimi_vl, laguna, lfm2_moe, llama4, llama4_text, "
            + "longcat_flash, mellum, mimo_v2_flash, minimax, minimax_m2, minimax_m3_vl, minimax_m3_vl_text, "
            + "mistral4, mixtral, nemotron_h, olmoe, openai_privacy_filter, phimoe, qwen2_moe, qwen3_5_moe, "
            + "qwen3_5_moe_text, qwen3_moe, qwen3_next, qwen3_omni_moe, qwen3_omni_moe_text, "
            + "qwen3_omni_moe_thinker, qwen3_vl_moe, qwen3_vl_moe_text, qwen4_exp, qwen4_exp_text, solar_open, "
            + "step3p5, step3p7"
            + ", got 'mixtrol'; "
            + "choose a checkpoint of a known family."));
    }

    [TestCase("""{"model_type":"mistral3","text_config":{"model_type":"mistral4"}}""", "mistral4")]
    [TestCase("""{"model_type":"qwen9_omni","thinker_config":{"text_config":{"model_type":"qwen3_moe"}}}""",
        "qwen3_moe")]
    [TestCase("""{"model_type":"qwen3_moe","text_config":{"model_type":"mistral4"}}""", "qwen3_moe")]
    public void Open_UnknownModelTypeThatHoldsAKnownOne_IsOfTheFamilyInside(string config, string type)
    {
        _folder.Write("config.json", config);

        Assert.That(MoeFamilies.Of(ModelConfig.Read(Config)).ModelTypes, Has.Member(type));
    }

    [TestCase("cohere2_moe", "\"shared_expert_combination_strategy\": \"max\"",
        "'shared_expert_combination_strategy' must be average or sum, got 'max'; correct the value.")]
    [TestCase("step3p5", "\"swiglu_limits\": [0, -1]", "'swiglu_limits' must be greater than 0, got -1; correct the value.")]
    [TestCase("step3p5", "\"swiglu_limits_shared\": [0]",
        "'swiglu_limits_shared' must have an entry for layer 1, got 1 entries; correct the value.")]
    public void Spec_WrongValuesOfSharedExperts_SaysSo(string type, string key, string expected)
    {
        var family = FamilyCase.All.First(c => c.ModelType == type);
        var moved = family with { Layer = 1, Prefix = "model.layers.1.mlp" };
        using var files = new SyntheticCheckpoint(moved, family.Family.Layouts[0]);
        var config = JsonNode.Parse(family.Config)!.AsObject();
        config.Remove(key.Split('"')[1]);
        var path = Path.Combine(files.Folder, "config.json");
        File.WriteAllText(path, $"{config.ToJsonString()[..^1]}, {key} }}");
        using var checkpoint = MoeCheckpoint.Open(files.Folder);

        Assert.That(
            Assert.Throws<CheckpointException>(() => checkpoint.Spec(1))!.Message, Is.EqualTo($"{path}: {expected}"));
    }

    [Test]
    public void Open_SeveralUnknownFormulas_ListsAll()
    {
        _folder.Write("config.json", """{"model_type":"deepseek_v3","scoring_func":"softmax","topk_method":"greedy"}""");

        Assert.That(OpenError().Split(Environment.NewLine), Is.EqualTo(new[]
        {
            $"{Config}: 'scoring_func' must be sigmoid or absent in deepseek_v3, got 'softmax'; "
                + "the formula of other values is not known; choose another checkpoint.",
            $"{Config}: 'topk_method' must be noaux_tc or absent in deepseek_v3, got 'greedy'; "
                + "the formula of other values is not known; choose another checkpoint.",
        }));
    }

    [TestCase("0.0", null)]
    [TestCase("30.0", "'moe_router_logit_softcapping' must be 0 or absent in laguna, got '30'")]
    public void Open_LagunaWithSoftcap_IsRefused(string value, string? expected)
    {
        _folder.Write("config.json", $$"""{"model_type":"laguna","moe_router_logit_softcapping":{{value}}}""");

        Assert.That(OpenError(), Does.Contain(expected ?? "must have model.safetensors"));
    }

    [Test]
    public void Open_ConfigThatIsAList_IsRefused()
    {
        _folder.Write("config.json", "[]");

        Assert.That(OpenError(), Is.EqualTo($"{Config}: the file must hold a JSON object, got Array; get the file again."));
    }

    [Test]
    public void Open_NemotronWithLatentProjection_NamesTheKey()
    {
        _folder.Write("config.json", """{"model_type":"nemotron_h","moe_latent_size":1024}""");

        Assert.That(OpenError(), Is.EqualTo($"{Config}: 'moe_latent_size' must be absent or null, got a value; "
            + "experts behind a latent projection are not known; choose a checkpoint without it."));
    }

    [Test]
    public void Spec_MissingKey_NamesIt() => Assert.That(
        SpecError("mixtral", c => c.Remove("num_experts_per_tok")),
        Is.EqualTo($"{Config} must have 'num_experts_per_tok' (a whole number), got none; add the key."));

    [Test]
    public void Spec_MissingKeyWithSeveralNames_NamesAll() => Assert.That(
        SpecError("mixtral", c => c.Remove("num_local_experts")),
        Is.EqualTo($"{Config} must have 'num_experts' or 'num_local_experts' or 'n_routed_experts' (a whole number), "
            + "got none of them; add the key."));

    [Test]
    public void Spec_SeveralWrongKeys_ListsAll() => Assert.That(
        SpecError("mixtral", c =>
        {
            c.Remove("num_experts_per_tok");
            c["hidden_size"] = -4;
            c["hidden_act"] = "relu6";
            c["dtype"] = "int4";
            c["quantization_config"] = new JsonObject { ["quant_method"] = "awq" };
        }).Split(Environment.NewLine),
        Is.EqualTo(new[]
        {
            $"{Config} must have 'num_experts_per_tok' (a whole number), got none; add the key.",
            $"{Config}: 'hidden_size' must be 1 to 1048576, got -4; correct the value.",
            $"{Config}: 'hidden_act' must be one of silu, swish, gelu, gelu_new, gelu_pytorch_tanh, "
                + "got 'relu6'; correct the value.",
            $"{Config}: 'quant_method' must be fp8, mxfp4 or compressed-tensors, got 'awq' "
                + "(its columns are interleaved for one kind of kernel); correct the value.",
            $"{Config}: 'dtype' must be bfloat16, float16 or float32, got 'int4'; correct the value.",
        }));

    [Test]
    public void Spec_SharedExpertsWithoutTheirKey_AreNotLeftOut() => Assert.That(
        SpecError("deepseek_v3", c => c.Remove("n_shared_experts")),
        Is.EqualTo(
            $"{_folder.Root}: every tensor of layer 1 must have a meaning in deepseek_v3 with the keys of config.json, got 3 "
            + "without: 'model.layers.1.mlp.shared_experts.down_proj.weight', "
            + "'model.layers.1.mlp.shared_experts.gate_proj.weight', "
            + "'model.layers.1.mlp.shared_experts.up_proj.weight'; correct config.json, or choose a checkpoint without them."));

    [Test]
    public void Spec_CorrectionBiasOfAFamilyWithoutOne_IsNotLeftOut() => Assert.That(
        SpecError("deepseek_v3", c => (c["model_type"], c["n_shared_experts"]) = ("deepseek_v2", 1)),
        Does.Contain("got 1 without: 'model.layers.1.mlp.gate.e_score_correction_bias'"));

    [TestCase("\"8\"", "'num_local_experts' must be a whole number, got String; correct the value.")]
    [TestCase("8.5", "'num_local_experts' must be a whole number, got 8.5; correct the value.")]
    [TestCase("-1", "'num_local_experts' must be 1 to 1048576, got -1; correct the value.")]
    [TestCase("[8]", "'num_local_experts' must have an entry for layer 1, got 1 entries; correct the value.")]
    public void Spec_WrongValue_SaysWhatIsWrong(string value, string expected) => Assert.That(
        SpecError("mixtral", c => c["num_local_experts"] = JsonNode.Parse(value)), Is.EqualTo($"{Config}: {expected}"));

    [Test]
    public void Spec_TopKAboveExperts_SaysBoth() => Assert.That(
        SpecError("mixtral", c => c["num_experts_per_tok"] = 9),
        Is.EqualTo($"{Config}: The layer spec has 2 problem(s): top-k must be 1 to 8 (the number of experts), got 9; "
            + "top-k must be at most the 8 experts of the kept groups, got 9."));

    [Test]
    public void Spec_GroupsThatDoNotDivide_SaysBoth() => Assert.That(
        SpecError("deepseek_v3", c => c["n_group"] = 3),
        Is.EqualTo(
            $"{Config}: The layer spec has 1 problem(s): routing groups must be at least 1 and divide the 16 experts, got 3."));

    [Test]
    public void Spec_UnknownActivation_ListsTheKnownOnes() => Assert.That(
        SpecError("mixtral", c => c["hidden_act"] = "relu6"),
        Is.EqualTo($"{Config}: 'hidden_act' must be one of silu, swish, gelu, gelu_new, gelu_pytorch_tanh, "
            + "got 'relu6'; correct the value."));

    [TestCase("gptq", "got 'gptq' (its rows may be reordered by activation)")]
    [TestCase("awq", "got 'awq' (its columns are interleaved for one kind of kernel)")]
    [TestCase("bitsandbytes", "got 'bitsandbytes'")]
    public void Spec_UnreadableQuantization_SaysWhy(string method, string expected) => Assert.That(
        SpecError("mixtral", c => c["quantization_config"] = new JsonObject { ["quant_method"] = method }),
        Is.EqualTo($"{Config}: 'quant_method' must be fp8, mxfp4 or compressed-tensors, {expected}; correct the value."));

    [Test]
    public void Spec_OtherBlockSize_SaysWhich() => Assert.That(
        SpecError("deepseek_v3_fp8", c => c["quantization_config"]!["weight_block_size"] = new JsonArray(64, 64)),
        Is.EqualTo($"{Config}: 'weight_block_size' must be [128, 128], got [64, 64]; correct the value."));

    [Test]
    public void Spec_QuantizedTensorsWithoutConfig_SaysSo() => Assert.That(
        SpecError("deepseek_v3_fp8", c => c.Remove("quantization_config")),
        Is.EqualTo($"{_folder.Root}: tensor 'model.layers.1.mlp.experts.0.down_proj.weight' must be float32, bf16 or fp16 as "
            + "config.json says, got fp8-e4m3; correct quantization_config."));

    [TestCase("hidden_size", 512, "block_sparse_moe.gate.weight' must hold [8, 512] float32, bf16 or fp16 elements")]
    [TestCase("num_local_experts", 4, "block_sparse_moe.gate.weight' must hold [4, 256] float32, bf16 or fp16 elements")]
    [TestCase("intermediate_size", 64, "experts.0.w1.weight' must hold [64, 256] bf16 elements")]
    public void Spec_SizesThatAreNotTheTensors_SaysBoth(string key, int value, string expected) =>
        Assert.That(
            SpecError("mixtral", c => c[key] = value),
            Does.Contain(expected).And.Contain("check config.json against the tensors"));

    [Test]
    public void LoadLayer_SizesThatAreNotTheTensors_SaysBoth() => Assert.That(
        LoadError("mixtral", c => c["intermediate_size"] = 64),
        Is.EqualTo($"{_folder.Root}: tensor 'model.layers.1.block_sparse_moe.experts.0.w1.weight' must hold [64, 256] bf16 "
            + "elements as config.json says, got bf16 [128, 256]; check config.json against the tensors."));

    [Test]
    public void LoadLayer_MoreExpertsThanTensors_SaysBoth() => Assert.That(
        LoadError("mixtral", c => c["num_local_experts"] = 9),
        Does.Contain("block_sparse_moe.gate.weight' must hold [9, 256] float32, bf16 or fp16 elements "
            + "as config.json says, got bf16 [8, 256]"));

    [TestCase(0, "a dense layer by config.json")]
    [TestCase(2, "none in the files")]
    public void Spec_LayerWithoutExperts_ListsThoseWithSome(int layer, string actual)
    {
        Copy("deepseek_v3", _ => { });
        using var checkpoint = MoeCheckpoint.Open(_folder.Root);

        Assert.That(() => checkpoint.Spec(layer), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{_folder.Root}: layer {layer} must hold experts, got {actual}; layers with experts: 1."));
    }

    private string OpenError() =>
        Assert.Throws<CheckpointException>(() => MoeCheckpoint.Open(_folder.Root).Dispose())!.Message;

    private string SpecError(string golden, Action<JsonObject> change)
    {
        Copy(golden, change);
        using var checkpoint = MoeCheckpoint.Open(_folder.Root);
        return Assert.Throws<CheckpointException>(() => checkpoint.Spec(1))!.Message;
    }

    private string LoadError(string golden, Action<JsonObject> change)
    {
        Copy(golden, change);
        using var checkpoint = MoeCheckpoint.Open(_folder.Root);
        using var device = new TestDevice(DeviceKind.Cuda);
        using var stream = device.CreateStream();
        var error = Assert.Throws<CheckpointException>(() => checkpoint.LoadLayer(1, device, stream).Dispose())!;
        Assert.That(device.AllocatedBytes, Is.Zero);
        return error.Message;
    }

    private void Copy(string golden, Action<JsonObject> change)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Golden(golden), "config.json")))!.AsObject();
        change(config);
        _folder.Write("config.json", config.ToJsonString());
        File.CreateSymbolicLink(
            _folder.Place("model.safetensors"), Path.Combine(TestData.Golden(golden), "model.safetensors"));
    }
}
