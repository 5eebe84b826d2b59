namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassTileHeuristicTests
{
    [TestCase(1, 8, 128, "16x1")]
    [TestCase(16, 128, 128, "16x1")]
    [TestCase(17, 136, 128, "64x1")]
    [TestCase(64, 512, 128, "64x1")]
    [TestCase(65, 520, 128, "128x1")]
    [TestCase(384, 3072, 128, "128x1")]
    [TestCase(512, 4096, 128, "160x1")]
    [TestCase(256, 512, 8, "160x1")]
    [TestCase(2048, 16384, 128, "160x1")]
    [TestCase(4096, 32768, 128, "160x2c2")]
    [TestCase(512, 1024, 8, "160x1")]
    [TestCase(1024, 2048, 8, "160x2c2")]
    public void Choose_TokensAndPairsPerExpert_SetTheTile(long tokens, long pairs, int experts, string key)
    {
        Assert.That(CutlassTileHeuristic.Choose(tokens, pairs, experts).Key, Is.EqualTo(key));
    }

    [Test]
    public void Choose_AllTokensOnOneExpert_NeverOverfillsANarrowTile()
    {
        for (var tokens = 1; tokens <= 128; tokens++)
        {
            Assert.That(
                CutlassTileHeuristic.Choose(tokens, tokens, 256).Tokens, Is.GreaterThanOrEqualTo(tokens), $"{tokens} tokens");
        }
    }

    [Test]
    public void Choose_AnySizes_GivesACompiledTileWhoseRowsNeverShrink()
    {
        var previous = 0;
        for (long tokens = 1; tokens < 1 << 20; tokens = (tokens * 3 / 2) + 1)
        {
            var tile = CutlassTileHeuristic.Choose(tokens, tokens * 4, 64);
            Assert.That(CutlassTile.All, Does.Contain(tile));
            Assert.That(tile.Tokens * tile.ClusterBlocks, Is.GreaterThanOrEqualTo(previous));
            previous = tile.Tokens * tile.ClusterBlocks;
        }
    }

    [Test]
    public void Parse_EveryKey_GivesItsTileAndNothingElse()
    {
        Assert.That(CutlassTile.All.Select(t => CutlassTile.Parse(t.Key)), Is.EqualTo(CutlassTile.All));
        Assert.That(CutlassTile.Parse("24x1"), Is.Null);
    }
}
