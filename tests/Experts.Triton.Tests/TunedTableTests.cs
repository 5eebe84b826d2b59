using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TunedTableTests
{
    private const string Json = """
        {
          "triton_version": "3.6.0",
          "1": {
            "BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 128, "GROUP_SIZE_M": 1, "num_warps": 4, "num_stages": 4
          },
          "64": {
            "BLOCK_SIZE_M": 32, "BLOCK_SIZE_N": 128, "BLOCK_SIZE_K": 64, "GROUP_SIZE_M": 8, "num_warps": 4, "num_stages": 3
          },
          "4096": { "BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 256, "BLOCK_SIZE_K": 64 }
        }
        """;

    [TestCase(1, 1)]
    [TestCase(32, 1)]
    [TestCase(33, 64)]
    [TestCase(2080, 64)]
    [TestCase(2081, 4096)]
    [TestCase(1000000, 4096)]
    public void For_Tokens_TakesTheNearestRow(int tokens, int expected) =>
        Assert.That(TunedTable.Read(Json, "f").For(tokens).Tokens, Is.EqualTo(expected));

    [Test]
    public void Read_RowWithoutWarps_TakesTheUsualOnes() =>
        Assert.That(TunedTable.Read(Json, "f").Rows[^1].Tile, Is.EqualTo(new TritonTile(128, 256, 64, 4, 3)));

    [TestCase("{}", "f must have at least one token count, got none; tune the layer again.")]
    [TestCase("""{"1": {"BLOCK_SIZE_M": 16}}""", "f, 1 tokens: BLOCK_SIZE_N must be given, got none.")]
    [TestCase("""{"1": {"BLOCK_SIZE_M": "x"}}""", "f, 1 tokens: BLOCK_SIZE_M must be a whole number above 0, got \"x\".")]
    public void Read_NotThatForm_NamesTheFileAndThePlace(string json, string message) =>
        Assert.That(() => TunedTable.Read(json, "f"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(message));

    [Test]
    public void Read_NotJson_NamesTheFile() =>
        Assert.That(
            () => TunedTable.Read("[", "dir/f.json"),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("dir/f.json must be a JSON object"));

    [TestCase(null, null, "")]
    [TestCase("fp8-static-128x128", "fp8-dynamic-1x128", ",dtype=fp8_w8a8,block_shape=[128,128]")]
    [TestCase("fp8-static-channel", "fp8-dynamic-token", ",dtype=fp8_w8a8")]
    [TestCase("int8-static-channel", "int8-dynamic-token", "")]
    [TestCase("fp8-static-128x128", null, ",dtype=fp8_w8a16,block_shape=[128,128]")]
    [TestCase("fp8-static-tensor", null, ",dtype=fp8_w8a16")]
    [TestCase("int8-static-group-128", null, ",dtype=int8_w8a16")]
    [TestCase("int4-static-group-32", null, ",dtype=int4_w4a16")]
    [TestCase("int4-static-group-128-asymmetric", null, ",dtype=int4_w4a16")]
    [TestCase("mxfp4-static", null, "")]
    public void FileName_Scheme_NamesTypeAndBlockAsVllmDoes(string? weight, string? activation, string word) => Assert.That(
        TunedTable.FileName(Layer(weight, activation), "NVIDIA H200"),
        Is.EqualTo($"E=128,N=768,device_name=NVIDIA_H200{word}.json"));

    [TestCase("NVIDIA H200 NVL", "NVIDIA_H200")]
    [TestCase("NVIDIA H100 80GB HBM3", "NVIDIA_H100_80GB_HBM3")]
    [TestCase("NVIDIA GH200 480GB", "NVIDIA_GH200_480GB")]
    public void FileName_Device_HasUnderscoresAndOneNameForTheH200Family(string device, string word) => Assert.That(
        TunedTable.FileName(Layer(null, null), device), Is.EqualTo($"E=128,N=768,device_name={word}.json"));

    [Test]
    public void FileName_SomeExpertsOfTheLayer_CountsThoseOfTheRank() => Assert.That(
        TunedTable.FileName(Layer(null, null) with { LocalExperts = 16 }, "x"), Does.StartWith("E=16,N=768,"));

    [Test]
    public void Tuned_FolderWithoutTheFile_IsLoggedOnceWithItsName()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var logger = new ListLogger();
            var options = Options.Create(new TritonOptions { TunedFolder = folder.FullName });
            var services = new TritonServices(TestImages.Standard(), options, [], [], logger);

            Assert.That(services.Tuned(Layer(null, null), "NVIDIA H200"), Is.Null);
            Assert.That(services.Tuned(Layer(null, null), "NVIDIA H200"), Is.Null);
            Assert.That(
                logger.Lines,
                Is.EqualTo(new[]
                {
                    "FusedMoe:PluginOptions:triton-experts:TunedFolder must have a file for the layer, got none named "
                    + $"'E=128,N=768,device_name=NVIDIA_H200.json' in '{folder.FullName}'; "
                    + "the built-in heuristic chooses its tiles.",
                }));

            File.WriteAllText(Path.Combine(folder.FullName, "E=128,N=768,device_name=NVIDIA_H200.json"), Json);
            Assert.That(services.Tuned(Layer(null, null), "NVIDIA H200")!.Rows, Has.Count.EqualTo(3));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Choose_TunedRow_TakesTheNearestCompiledTileAndItsGroup()
    {
        var tuned = TunedTable.Read(Json, "f");
        var choice = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 0, tuned).Choose(64, 64, null);
        Assert.That(choice.First.Tile, Is.EqualTo(new TritonTile(32, 128, 64, 4, 5)));
        Assert.That(choice.SharedRowBlocks, Is.EqualTo(8));
    }

    private static TritonLayer Layer(string? weight, string? activation)
    {
        var quant = new QuantSpec(
            weight is null ? null : QuantKeys.Find(weight), activation is null ? null : QuantKeys.Find(activation));
        return TestImages.Layer() with { Scheme = TritonScheme.For(quant, DType.BFloat16)! };
    }

    private sealed class ListLogger : ILogger<TritonServices>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
