using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Whatever values config.json holds, a layer is loaded or a typed error thrown, and nothing stays allocated.
/// </summary>
[CancelAfter(120_000)]
public sealed class ConfigFuzzTests
{
    private static readonly string[] Values =
    [
        "null", "true", "\"x\"", "\"silu\"", "0", "-1", "1", "3", "64", "1.5", "1e300", "2147483647", "9223372036854775807",
        "[]", "[1, 2]",
        "[\"moe\"]", "{}", "{\"quant_method\": \"fp8\"}",
    ];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("mixtral")]
    [TestCase("deepseek_v3_fp8")]
    [TestCase("gpt_oss_mxfp4")]
    public void LoadLayer_MutatedConfig_GivesLayerOrTypedError(string golden)
    {
        var text = File.ReadAllText(Path.Combine(TestData.Golden(golden), "config.json"));
        File.CreateSymbolicLink(
            _folder.Place("model.safetensors"), Path.Combine(TestData.Golden(golden), "model.safetensors"));
        var keys = JsonNode.Parse(text)!.AsObject().Select(p => p.Key).Append("dtype").Append("text_config").ToArray();
        var changes = Gen.Elements(keys).Zip(Gen.Elements(Values)).NonEmptyListOf();
        Prop.ForAll(changes.ToArbitrary(), list => Loads(text, list)).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    private bool Loads(string text, IEnumerable<(string Key, string Value)> changes)
    {
        var config = JsonNode.Parse(text)!.AsObject();
        foreach (var (key, value) in changes.Take(4))
        {
            config[key] = JsonNode.Parse(value);
        }

        _folder.Write("config.json", config.ToJsonString());
        using var device = new TestDevice(DeviceKind.Cuda);
        using var stream = device.CreateStream();
        try
        {
            using var checkpoint = MoeCheckpoint.Open(_folder.Root);
            checkpoint.LoadLayer(1, device, stream, new() { Activations = ActivationQuantization.Config }).Dispose();
        }
        catch (CheckpointException e)
        {
            Assert.That(e.Message, Does.StartWith(_folder.Root));
        }

        return device.AllocatedBytes == 0;
    }
}
