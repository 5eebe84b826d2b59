namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonTileHeuristicTests
{
    [TestCase(1, 16, 128, 128, 4, 4)]
    [TestCase(160, 16, 128, 128, 4, 4)]
    [TestCase(161, 32, 128, 128, 4, 3)]
    [TestCase(384, 32, 128, 128, 4, 3)]
    [TestCase(385, 64, 128, 128, 4, 3)]
    [TestCase(768, 64, 128, 128, 4, 3)]
    [TestCase(769, 128, 256, 64, 8, 4)]
    public void Wish_RowsPerExpertOnBothSidesOfALimit_FollowTheMeasurements(
        int tokens, int m, int n, int k, int warps, int stages) =>
        Assert.That(
            TritonTileHeuristic.Wish(new TileQuestion(tokens, 8, 128, 128, false, false)),
            Is.EqualTo(new TritonTile(m, n, k, warps, stages)));

    [Test]
    public void Wish_ByteOperands_TakesStepsOf128() =>
        Assert.That(
            TritonTileHeuristic.Wish(new TileQuestion(4096, 8, 128, 128, true, false)).BlockK, Is.EqualTo(128));

    [TestCase(512, 1000, 500, 1, TestName = "SharedRowBlocks_SeldomASecondRowBlock_IsOne")]
    [TestCase(528, 500, 500, 1, TestName = "SharedRowBlocks_ExpertInTheCache_IsOne")]
    [TestCase(528, 501, 500, 4, TestName = "SharedRowBlocks_ExpertAboveTheCache_IsNarrow")]
    [TestCase(528, 1001, 500, 16, TestName = "SharedRowBlocks_ManyExpertsOfTwoCaches_IsWide")]
    [TestCase(528, 1001, 0, 1, TestName = "SharedRowBlocks_UnknownCache_IsOne")]
    public void SharedRowBlocks(int tokens, int expertBytes, int cacheBytes, int expected)
    {
        var question = new TileQuestion(tokens, 8, 128, 128, false, false)
        {
            ExpertBytes = expertBytes,
            CacheBytes = cacheBytes,
        };
        Assert.That(TritonTileHeuristic.SharedRowBlocks(question, 64), Is.EqualTo(expected));
    }

    [TestCase(768, 32)]
    [TestCase(832, 16)]
    public void SharedRowBlocks_FewLargeExperts_AreOneGroupWhileTheirBlocksFit(int tokens, int expected)
    {
        var question = new TileQuestion(tokens, 2, 8, 8, false, false) { ExpertBytes = 1001, CacheBytes = 500 };
        Assert.That(TritonTileHeuristic.SharedRowBlocks(question, 64), Is.EqualTo(expected));
    }

    [TestCase(48, 1001, 64, 128, 3)]
    [TestCase(48, 1000, 64, 128, 3)]
    [TestCase(49, 1001, 128, 64, 3)]
    [TestCase(49, 1000, 128, 64, 4)]
    public void Wish_LargeExperts_TakeThreeStagesOf128Rows(int rows, int bytes, int m, int k, int stages)
    {
        var tile = TritonTileHeuristic.Wish(
            new TileQuestion(rows * 4, 2, 8, 8, false, false) { ExpertBytes = bytes, CacheBytes = 500 });
        Assert.That((tile.BlockM, tile.BlockK, tile.Stages), Is.EqualTo((m, k, stages)));
    }

    [Test]
    public void Nearest_TwoRowCountsEquallyNear_TakesMoreRows()
    {
        var images = new[]
        {
            new TileImage(new TritonTile(16, 128, 128, 4, 4), "few"), new TileImage(new TritonTile(64, 128, 128, 4, 4), "many"),
        };
        Assert.That(
            TritonTileHeuristic.Nearest(images, new TritonTile(32, 128, 128, 4, 3)).Key, Is.EqualTo("many"));
    }

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
