namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassTileChoiceTests
{
    private static readonly string Largest = CutlassTile.All.MaxBy(t => t.Tokens).Key;

    private static CutlassTileChoice Choice(int localExperts = 128, string? forced = null) => new(
        new CutlassLayer(new MoeShape(128, 8, 2048, 768), localExperts, 1536, DType.BFloat16, ActivationSpec.Silu),
        new CutlassOptions { Tile = forced });

    [Test]
    public void Choose_ForcedTile_BeatsTheMeasuredOne()
    {
        Assert.That(Choice(forced: "16x1").Choose(Largest, 4096, 0).Key, Is.EqualTo("16x1"));
    }

    [Test]
    public void Choose_MeasuredTile_BeatsTheHeuristic()
    {
        Assert.That(Choice().Choose(Largest, 1, 0).Key, Is.EqualTo(Largest));
    }

    [TestCase(null)]
    [TestCase("24x7")]
    public void Choose_NoSuchConfiguration_AsksTheHeuristic(string? configuration)
    {
        Assert.That(Choice().Choose(configuration, 512, 0), Is.EqualTo(CutlassTileHeuristic.Choose(512, 4096, 128)));
    }

    [TestCase(0, 4096)]
    [TestCase(16, 16)]
    [TestCase(100_000, 4096)]
    public void Choose_Hint_BoundsTheTokens(int hint, int tokens)
    {
        Assert.That(Choice().Choose(null, 4096, hint), Is.EqualTo(CutlassTileHeuristic.Choose(tokens, tokens * 8, 128)));
    }

    [Test]
    public void Choose_ExpertParallelRank_CountsItsShareOfThePairs()
    {
        Assert.That(Choice(localExperts: 16).Choose(null, 4096, 0), Is.EqualTo(CutlassTileHeuristic.Choose(4096, 4096, 16)));
    }
}
