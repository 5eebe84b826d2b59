using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Ranks that add up, views instead of copies, quantized activations, and memory after failures.</summary>
public sealed class LayerLoadingTests
{
    private static readonly ParallelSpec[] TwoTensorRanks = [new(tpSize: 2, tpRank: 0), new(tpSize: 2, tpRank: 1)];

    private static readonly ParallelSpec[] ThreeExpertRanks =
        [new(epSize: 3, epRank: 0), new(epSize: 3, epRank: 1), new(epSize: 3, epRank: 2)];

    [TestCase("mixtral")]
    [TestCase("deepseek_v3")]
    [TestCase("gpt_oss")]
    [TestCase("gpt_oss_mxfp4")]
    public void LoadLayer_TwoTensorRanks_SumToTheRecordedOutput(string golden) => CheckSum(golden, TwoTensorRanks);

    // NOTE: with expert parallelism every rank has the shared experts whole, so only layers without them add up.
    [TestCase("mixtral")]
    [TestCase("qwen3_moe")]
    [TestCase("gpt_oss")]
    [TestCase("gpt_oss_mxfp4")]
    public void LoadLayer_ThreeExpertRanks_SumToTheRecordedOutput(string golden) => CheckSum(golden, ThreeExpertRanks);

    [TestCase("granitemoe")]
    [TestCase("nemotron_h")]
    [TestCase("olmoe")]
    public void LoadLayer_FittingLayoutOnHost_CopiesNoWeights(string family)
    {
        var @case = FamilyCase.All.Single(c => c.Name == family);
        var layout = @case.Family.Layouts.First(l => !l.Down.IsPerExpert);
        using var files = new SyntheticCheckpoint(@case, layout);
        using var checkpoint = MoeCheckpoint.Open(files.Folder);
        using var device = new TestDevice(DeviceKind.Cpu);
        using var stream = device.CreateStream();
        using var layer = checkpoint.LoadLayer(@case.Layer, device, stream);

        // The correction bias is converted to float32.
        Assert.That(layer.DeviceBytes, Is.EqualTo(@case.Routing.HasCorrectionBias ? 4 * FamilyCase.Experts : 0));
    }

    [Test]
    public void LoadLayer_Mxfp4OnHost_CopiesOnlyBiases()
    {
        using var device = new TestDevice(DeviceKind.Cpu);
        using var layer = Load("gpt_oss_mxfp4", device);
        var (w13, w2) = (layer.Weights.Experts.W13, layer.Weights.Experts.W2);

        Assert.Multiple(() =>
        {
            Assert.That(w13.ToString(), Is.EqualTo("fp4-e2m1 [8, 256, 256] on cpu"));
            Assert.That(w2.ToString(), Is.EqualTo("fp4-e2m1 [8, 256, 128] on cpu"));
            Assert.That(layer.Weights.Experts.W13Scale.ToString(), Is.EqualTo("e8m0 [8, 256, 8] on cpu"));
            Assert.That(layer.DeviceBytes, Is.EqualTo(4 * ((8 * 256) + (8 * 256) + 8)));
        });
    }

    [Test]
    public void LoadLayer_Fp8Blocks_StacksScalesAndQuantizesActivationsOnDemand()
    {
        using var device = new TestDevice(DeviceKind.Cuda);
        using var plain = Load("deepseek_v3_fp8", device);
        using var quantized = Load("deepseek_v3_fp8", device, new() { Activations = ActivationQuantization.Config });

        Assert.Multiple(() =>
        {
            Assert.That(plain.Weights.Experts.W13Scale.ToString(), Is.EqualTo("float32 [16, 2, 2] on cuda:0"));
            Assert.That(plain.Weights.Experts.W2Scale.ToString(), Is.EqualTo("float32 [16, 2, 1] on cuda:0"));
            Assert.That(plain.Spec.Quant, Is.EqualTo(new QuantSpec(QuantKeys.Fp8StaticBlock128, null)));
            Assert.That(
                quantized.Spec.Quant, Is.EqualTo(new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128)));
            Assert.That(plain.Weights.SharedExperts!.W13Scale.ToString(), Is.EqualTo("float32 [1, 2, 2] on cuda:0"));
        });
    }

    [Test]
    public void Spec_SharedExpertsBesideTheBlockWithBiases_AreNamedWhereTheyLie()
    {
        const string Block = "model.layers.0.moe";
        const string Shared = "model.layers.0.share_expert";
        const int SharedSize = 8;
        using var folder = new TemporaryFolder();
        using var tensors = new HostTensors();
        var (experts, hidden, size) = (FamilyCase.Experts, FamilyCase.Hidden, FamilyCase.Intermediate);
        Add($"{Block}.gate.weight", experts, hidden);
        Add($"{Block}.router_bias", experts);
        Add($"{Block}.gate_proj.weight", experts, size, hidden);
        Add($"{Block}.up_proj.weight", experts, size, hidden);
        Add($"{Block}.down_proj.weight", experts, hidden, size);
        Add($"{Shared}.gate_proj.weight", SharedSize, hidden);
        Add($"{Shared}.up_proj.weight", SharedSize, hidden);
        Add($"{Shared}.down_proj.weight", hidden, SharedSize);
        Add($"{Shared}.down_proj.bias", hidden);
        tensors.Save(folder.Place("model.safetensors"));
        folder.Write("config.json", FamilyCase.All.Single(c => c.Name == "step3p5").Config);
        using var checkpoint = MoeCheckpoint.Open(folder.Root);

        Assert.That(
            () => checkpoint.Spec(0),
            Throws.TypeOf<CheckpointException>().With.Message.StartsWith(
                $"{folder.Root}: {Shared} must have no biases, got some; "));

        void Add(string name, params long[] shape) =>
            tensors.AddFloats(name, new(shape), new float[new TensorShape(shape).Elements]);
    }

    [Test]
    public void Spec_SharedExpertsWithBiases_AreRefused()
    {
        using var folder = SharedExperts(DType.Float32, hasBias: true);
        using var checkpoint = MoeCheckpoint.Open(folder.Root);

        Assert.That(() => checkpoint.Spec(1), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{folder.Root}: model.layers.1.mlp.shared_experts must have no biases, got some; "
            + "choose a checkpoint without biases."));
    }

    [Test]
    public void Spec_SharedExpertsQuantizedAlone_HaveTheirOwnQuantization()
    {
        using var folder = SharedExperts(DType.Float8E4M3, hasBias: false);
        using var checkpoint = MoeCheckpoint.Open(folder.Root);
        var spec = checkpoint.Spec(1, ActivationQuantization.Config);

        Assert.That(spec.Quant, Is.EqualTo(QuantSpec.None));
        Assert.That(spec.Features.SharedExperts!.Quant, Is.EqualTo(
            new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128)));
    }

    [Test]
    public void LoadLayer_RankThatCutsAScaleBlock_SaysHow()
    {
        using var device = new TestDevice(DeviceKind.Cuda);

        Assert.That(
            () => Load("deepseek_v3_fp8", device, new() { Parallel = TwoTensorRanks[1] }),
            Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
                $"{TestData.Golden("deepseek_v3_fp8")}: the intermediate size of "
                + "one rank must be a multiple of 128 for fp8-static-128x128, got 64; "
                + "lower the tensor-parallel size or choose an "
                + "unquantized checkpoint."));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void LoadLayer_RanksThatDoNotDivide_SaysHow()
    {
        using var device = new TestDevice(DeviceKind.Cuda);

        Assert.That(
            () => Load("mixtral", device, new() { Parallel = new(tpSize: 3) }),
            Throws.ArgumentException.With.Message.EqualTo(
                "tensor-parallel size must divide the intermediate size 128, got 3; choose a divisor."));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public void LoadLayer_DeviceGetsFull_GivesEverythingBack(int allocations)
    {
        using var device = new TestDevice(DeviceKind.Cuda) { AllocationsLeft = allocations };

        Assert.That(
            () => Load("gpt_oss", device), Throws.TypeOf<DeviceMemoryException>().With.Message.Contains("of layer 1 needs"));
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    /// <summary>A layer with plain experts and shared experts of another kind; only names and types are right.</summary>
    private static TemporaryFolder SharedExperts(DType dtype, bool hasBias)
    {
        const string Prefix = "model.layers.1.mlp";
        var folder = new TemporaryFolder();
        using var tensors = new HostTensors();
        var (hidden, size) = (FamilyCase.Hidden, FamilyCase.Intermediate);
        tensors.AddFloats($"{Prefix}.gate.weight", new(FamilyCase.Experts, hidden), new float[FamilyCase.Experts * hidden]);
        tensors.AddFloats($"{Prefix}.experts.0.gate_proj.weight", new(size, hidden), new float[hidden * size]);
        tensors.AddFloats($"{Prefix}.experts.0.up_proj.weight", new(size, hidden), new float[hidden * size]);
        tensors.AddFloats($"{Prefix}.experts.0.down_proj.weight", new(hidden, size), new float[hidden * size]);
        tensors.AddBytes($"{Prefix}.shared_experts.down_proj.weight", dtype, new(1), new byte[dtype.BytesFor(1)]);
        if (hasBias)
        {
            tensors.AddFloats($"{Prefix}.shared_experts.down_proj.bias", new(1), [1]);
        }

        tensors.Save(folder.Place("model.safetensors"));
        var sizes = FamilyCase.All.Single(c => c.Name == "glm4_moe").Config.TrimEnd().TrimEnd('}');
        var quantization = """{ "quant_method": "fp8", "weight_block_size": [128, 128] }""";
        folder.Write("config.json", $$"""{{sizes}}, "quantization_config": {{quantization}} }""");
        return folder;
    }

    private static LoadedMoeLayer Load(string golden, TestDevice device, CheckpointLoadOptions? options = null)
    {
        using var checkpoint = MoeCheckpoint.Open(TestData.Golden(golden));
        using var stream = device.CreateStream();
        return checkpoint.LoadLayer(1, device, stream, options);
    }

    private static void CheckSum(string golden, ParallelSpec[] ranks)
    {
        using var recording = GoldenRecording.Open(Path.Combine(TestData.Golden(golden), "golden.safetensors"));
        using var device = new TestDevice(DeviceKind.Cuda);
        var layers = ranks.Select(r => Load(golden, device, new() { Parallel = r })).ToArray();
        var references = layers.Select(l => new ReferenceLayer(l)).ToArray();
        var (hidden, output) = recording.Case(7);
        var (difference, norm) = (0.0, 0.0);
        for (var row = 0; row < 7; row++)
        {
            var token = ReferenceLayer.All(hidden.Slice(0, row, 1).Reshape(new(hidden.Shape[1])));
            var expected = ReferenceLayer.All(output.Slice(0, row, 1).Reshape(new(hidden.Shape[1])));
            var outputs = references.Select(r => r.Apply(token)).ToArray();
            difference += expected.Select((x, c) => Math.Pow(outputs.Sum(o => o[c]) - x, 2)).Sum();
            norm += expected.Sum(x => x * x);
        }

        Array.ForEach(layers, l => l.Dispose());
        Assert.That(Math.Sqrt(difference / norm), Is.LessThanOrEqualTo(0.005));
    }
}
