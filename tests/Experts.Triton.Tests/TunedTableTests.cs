namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TunedTableTests
{
    private const string Json = """
        {
          "triton_version": "3.6.0",
          "1": { "BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 128, "GROUP_SIZE_M": 1, "num_warps": 4, "num_stages": 4 },
          "64": { "BLOCK_SIZE_M": 32, "BLOCK_SIZE_N": 128, "BLOCK_SIZE_K": 64, "GROUP_SIZE_M": 8, "num_warps": 4, "num_stages": 3 },
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

    [Test]
    public void FileName_Bf16Layer_HasNoTypeAndUnderscoresForBlanks() =>
        Assert.That(
            TunedTable.FileName(TestImages.Layer(), "NVIDIA H200"), Is.EqualTo("E=128,N=768,device_name=NVIDIA_H200.json"));

    [Test]
    public void FileName_BlockFp8Layer_NamesTypeAndBlock()
    {
        var quant = new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128);
        var layer = TestImages.Layer() with { Scheme = TritonScheme.For(quant, DType.BFloat16)! };
        Assert.That(
            TunedTable.FileName(layer, "NVIDIA H200"),
            Is.EqualTo("E=128,N=768,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128,128].json"));
    }

    [Test]
    public void Choose_TunedRow_TakesTheNearestCompiledTileAndItsGroup()
    {
        var tuned = TunedTable.Read(Json, "f");
        var choice = new TritonPlanner(TestImages.Standard(), TestImages.Layer(), 0, tuned).Choose(64, 64, null);
        Assert.That(choice.First.Tile, Is.EqualTo(new TritonTile(32, 128, 64, 4, 5)));
        Assert.That(choice.SharedRowBlocks, Is.EqualTo(8));
    }
}
