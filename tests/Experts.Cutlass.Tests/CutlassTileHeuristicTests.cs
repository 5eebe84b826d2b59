namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassTileHeuristicTests
{
    [TestCase(8, 128, "16x1")]
    [TestCase(1024, 128, "16x1")]
    [TestCase(2048, 128, "32x2")]
    [TestCase(5120, 128, "160x2")]
    [TestCase(16384, 128, "160x2")]
    [TestCase(32768, 128, "160x2c2")]
    public void Choose_PairsPerExpert_SetsTheTile(long pairs, int experts, string key)
    {
        Assert.That(CutlassTileHeuristic.Choose(pairs, experts).Key, Is.EqualTo(key));
    }

    [Test]
    public void Choose_AnySizes_GivesACompiledTileWhoseRowsNeverShrink()
    {
        var previous = 0;
        for (long pairs = 1; pairs < 1 << 22; pairs = (pairs * 3 / 2) + 1)
        {
            var tile = CutlassTileHeuristic.Choose(pairs, 64);
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
