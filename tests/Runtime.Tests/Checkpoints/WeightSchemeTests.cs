using System.Runtime.InteropServices;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Quantized checkpoints: what quantization_config means, and that every matrix dequantizes to what was stored.
/// </summary>
public sealed class WeightSchemeTests
{
    private const int Experts = 2;
    private const int Hidden = 64;
    private const int Intermediate = 32;
    private const string Prefix = "model.layers.0.block_sparse_moe";
    private TemporaryFolder _folder = null!;
    private HostTensors _tensors = null!;

    [SetUp]
    public void SetUp() => (_folder, _tensors) = (new(), new());

    [TearDown]
    public void TearDown()
    {
        _tensors.Dispose();
        _folder.Dispose();
    }

    [TestCase("channel", "\"dynamic\": true, \"strategy\": \"token\"", "fp8-static-channel x fp8-dynamic-token")]
    [TestCase("channel", "\"dynamic\": true, \"strategy\": \"tensor\"", "fp8-static-channel x fp8-dynamic-tensor")]
    public void LoadLayer_Fp8Channels_KeepsTheirScales(string strategy, string activations, string quant)
    {
        WriteConfig($$"""{ "num_bits": 8, "type": "float", "strategy": "{{strategy}}" }""", $$"""{ {{activations}} }""");
        WriteMatrices((name, rows, columns) =>
        {
            _tensors.AddBytes($"{name}.weight", DType.Float8E4M3, new(rows, columns), Bytes(rows * columns, 0x38));
            _tensors.AddFloats($"{name}.weight_scale", new(rows, 1), Scales(name, rows));
        });

        CheckMatrices(quant, (name, row, column) => Scales(name, row + 1)[row] * E4M3Ramp((row * ColumnsOf(name)) + column));
    }

    [Test]
    public void LoadLayer_Fp8Tensors_RepeatsTheirScaleAndTakesTheLargestInputScale()
    {
        WriteConfig(
            """{ "num_bits": 8, "type": "float", "strategy": "tensor" }""", """{ "dynamic": false, "strategy": "tensor" }""");
        WriteMatrices((name, rows, columns) =>
        {
            _tensors.AddBytes($"{name}.weight", DType.Float8E4M3, new(rows, columns), Bytes(rows * columns, 0x38));
            _tensors.AddFloats($"{name}.weight_scale", new(1), Scales(name, 1));
            _tensors.AddFloats($"{name}.input_scale", new(1), [name.EndsWith("1.w3", StringComparison.Ordinal) ? 9f : 2f]);
        });

        CheckMatrices(
            "fp8-static-channel x fp8-static-tensor",
            (name, row, column) => Scales(name, 1)[0] * E4M3Ramp((row * ColumnsOf(name)) + column),
            weights =>
            {
                Assert.That(ReferenceLayer.All(weights.A13Scale), Is.EqualTo(new[] { 9.0 }));
                Assert.That(ReferenceLayer.All(weights.A2Scale), Is.EqualTo(new[] { 2.0 }));
            });
    }

    [Test]
    public void LoadLayer_Int8Channels_KeepsTheirScales()
    {
        WriteConfig(
            """{ "num_bits": 8, "type": "int", "strategy": "channel" }""", """{ "dynamic": true, "strategy": "token" }""");
        WriteMatrices((name, rows, columns) =>
        {
            _tensors.AddBytes($"{name}.weight", DType.Int8, new(rows, columns), Bytes(rows * columns, 250));
            _tensors.AddFloats($"{name}.weight_scale", new(rows, 1), Scales(name, rows));
        });

        CheckMatrices(
            "int8-static-channel x int8-dynamic-token",
            (name, row, column) => Scales(name, row + 1)[row] * (sbyte)(byte)(250 + (((row * ColumnsOf(name)) + column) % 8)));
    }

    [Test]
    public void LoadLayer_PackedInt4_ReadsTheLowNibbleFirst()
    {
        WriteConfig("""{ "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": true }""", "null");
        WriteMatrices((name, rows, columns) =>
        {
            var words = Enumerable.Range(0, rows * columns / 8)
                .Select(w => Enumerable.Range(0, 8).Aggregate(0u, (word, i) => word | ((uint)Nibble((w * 8) + i) << (4 * i))))
                .ToArray();
            _tensors.AddBytes($"{name}.weight_packed", DType.Int32, new(rows, columns / 8), MemoryMarshal.AsBytes<uint>(words));
            _tensors.AddFloats($"{name}.weight_scale", new(rows, columns / 32), Scales(name, rows * columns / 32));
        });

        CheckMatrices("int4-static-group-32 x none", (name, row, column) =>
        {
            var element = (row * ColumnsOf(name)) + column;
            return Scales(name, (element / 32) + 1)[element / 32] * (Nibble(element) - 8);
        });
    }

    [TestCase("""{ "num_bits": 4, "type": "int", "strategy": "group", "group_size": 64 }""",
        "'weights.group_size' must be 32 or 128 for int 4, got 64")]
    [TestCase("""{ "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": false }""",
        "'weights.symmetric' must be true for int 4, got false")]
    [TestCase("""{ "num_bits": 8, "type": "int", "strategy": "channel", "symmetric": false }""",
        "'weights.symmetric' must be true for int 8, got false")]
    [TestCase("""{ "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "actorder": "group" }""",
        "'weights.actorder' must be static, weight, false or null for int 4 (with others a table reorders the columns), "
        + "got 'group'")]
    [TestCase("""{ "num_bits": 6, "type": "int", "strategy": "group", "group_size": 32 }""",
        "'weights' must be float 8 by channel, tensor or block, int 8 by channel or tensor, or int 4 by group, "
        + "got int 6 by group")]
    [TestCase("""{ "num_bits": 8, "type": "float", "strategy": "block", "block_structure": [64, 64] }""",
        "'weights.block_structure' must be [128, 128], got [64, 64]")]
    public void Spec_OtherCompression_SaysWhatIsKnown(string weights, string expected)
    {
        WriteConfig(weights, "null");
        WriteMatrices(
            (name, rows, columns) => _tensors.AddFloats($"{name}.weight", new(rows, columns), new float[rows * columns]));
        using var checkpoint = MoeCheckpoint.Open(_folder.Root);

        Assert.That(() => checkpoint.Spec(0), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{_folder.Place("config.json")}: {expected}; correct the value."));
    }

    [Test]
    public void LoadLayer_LayerLeftUnquantized_IsReadPlainly()
    {
        WriteConfig("""{ "num_bits": 8, "type": "float", "strategy": "channel" }""", "null");
        WriteMatrices(
            (name, rows, columns) => _tensors.AddFloats($"{name}.weight", new(rows, columns), Scales(name, rows * columns)));

        CheckMatrices("none x none", (name, row, column) =>
            Scales(name, (row * ColumnsOf(name)) + column + 1)[^1]);
    }

    private void WriteConfig(string weights, string activations) => _folder.Write("config.json", $$"""
        { "model_type": "mixtral", "hidden_size": {{Hidden}}, "intermediate_size": {{Intermediate}},
          "num_local_experts": {{Experts}}, "num_experts_per_tok": 1,
          "quantization_config": { "quant_method": "compressed-tensors", "config_groups": { "group_0": {
          "weights": {{weights}}, "input_activations": {{activations}} } } } }
        """);

    private void WriteMatrices(Action<string, int, int> write)
    {
        _tensors.AddFloats($"{Prefix}.gate.weight", new(Experts, Hidden), new float[Experts * Hidden]);
        for (var e = 0; e < Experts; e++)
        {
            write($"{Prefix}.experts.{e}.w1", Intermediate, Hidden);
            write($"{Prefix}.experts.{e}.w2", Hidden, Intermediate);
            write($"{Prefix}.experts.{e}.w3", Intermediate, Hidden);
        }

        _tensors.Save(_folder.Place("model.safetensors"));
    }

    private void CheckMatrices(string quant, Func<string, int, int, double> expected, Action<ExpertWeights>? more = null)
    {
        using var checkpoint = MoeCheckpoint.Open(_folder.Root);
        using var device = new TestDevice(DeviceKind.Cuda);
        using var stream = device.CreateStream();
        using var layer = checkpoint.LoadLayer(0, device, stream, new() { Activations = ActivationQuantization.Config });
        Assert.That(layer.Spec.Quant.ToString(), Is.EqualTo(quant));
        var (weights, key) = (layer.Weights.Experts, layer.Spec.Quant.Weight);
        for (var e = 0; e < Experts; e++)
        {
            var w13 = ReferenceExpert.Matrix(weights.W13, weights.W13Scale, key, e);
            var w2 = ReferenceExpert.Matrix(weights.W2, weights.W2Scale, key, e);
            Check(w13, 0, Intermediate, $"{Prefix}.experts.{e}.w1", expected);
            Check(w13, Intermediate, Intermediate, $"{Prefix}.experts.{e}.w3", expected);
            Check(w2, 0, Hidden, $"{Prefix}.experts.{e}.w2", expected);
        }

        more?.Invoke(weights);
    }

    private static void Check(double[,] matrix, int first, int rows, string name, Func<string, int, int, double> expected)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < matrix.GetLength(1); c++)
            {
                Assert.That(matrix[first + r, c], Is.EqualTo(expected(name, r, c)), $"{name} row {r}, column {c}");
            }
        }
    }

    private static int ColumnsOf(string name) => name.EndsWith("w2", StringComparison.Ordinal) ? Intermediate : Hidden;

    /// <summary>Numbers that differ between matrices and along each.</summary>
    private static float[] Scales(string name, int count)
    {
        var first = (name[^1] - '0') + (8 * (name[^4] - '0'));
        return Enumerable.Range(0, count).Select(i => first + (i / 4f)).ToArray();
    }

    private static byte[] Bytes(int count, int first) =>
        Enumerable.Range(0, count).Select(i => (byte)(first + (i % 8))).ToArray();

    /// <summary>fp8 bytes from 0x38 on are 1, 1.125, 1.25 and so on.</summary>
    private static double E4M3Ramp(int element) => 1 + ((element % 8) / 8.0);

    private static int Nibble(int element) => ((element * 5) + (element / 16)) % 16;
}
