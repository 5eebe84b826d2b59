namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonTileHeuristicTests
{
    [TestCase(32, 16, 64, 128, 4, 4)]
    [TestCase(33, 32, 64, 128, 4, 3)]
    [TestCase(96, 32, 128, 64, 4, 3)]
    [TestCase(97, 64, 128, 64, 4, 3)]
    [TestCase(512, 64, 128, 64, 8, 3)]
    [TestCase(513, 128, 128, 64, 8, 3)]
    public void Wish_TokensOnBothSidesOfALimit_FollowsThePublishedTable(
        int tokens, int m, int n, int k, int warps, int stages) =>
        Assert.That(
            TritonTileHeuristic.Wish(new TileQuestion(tokens, 8, 128, 128, false, false)),
            Is.EqualTo(new TritonTile(m, n, k, warps, stages)));

    [Test]
    public void Wish_ByteOperands_TakesStepsOf128() =>
        Assert.That(
            TritonTileHeuristic.Wish(new TileQuestion(4096, 8, 128, 128, true, false)).BlockK, Is.EqualTo(128));

    [TestCase(2048, 1)]
    [TestCase(2064, 16)]
    public void SharedRowBlocks_RowsPerExpertAbove128_ShareColumns(int tokens, int expected) =>
        Assert.That(
            TritonTileHeuristic.SharedRowBlocks(new TileQuestion(tokens, 8, 128, 128, false, false)),
            Is.EqualTo(expected));

    [Test]
    public void Choose_NoCommonRowCount_NamesBothSides()
    {
        var first = new[] { new TileImage(new TritonTile(16, 64, 64, 4, 4), "a") };
        var second = new[] { new TileImage(new TritonTile(64, 64, 64, 4, 4), "b") };
        Assert.That(
            () => TritonTileHeuristic.Choose(first, second, new TileQuestion(1, 1, 1, 1, false, false)),
            Throws.ArgumentException.With.Message.EqualTo("Tiles of both products must share a row count, got 16 and 64."));
    }

    [Test]
    public void Parse_Key_RoundTrips()
    {
        var tile = new TritonTile(64, 256, 64, 8, 3);
        Assert.That(TritonTile.Parse(tile.Key), Is.EqualTo(tile));
    }

    [TestCase("64x128")]
    [TestCase("64x128x64x4x0")]
    [TestCase("64x128x64x4x-1")]
    [TestCase("axbxcxdxe")]
    public void Parse_NotATile_IsNull(string text) => Assert.That(TritonTile.Parse(text), Is.Null);
}
