namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class DecodeHeuristicTests
{
    private static readonly DecodeMemory Memory = new(3072, 32768, 232448);

    [TestCase(0, 8, false)]
    [TestCase(1, 8, true)]
    [TestCase(8, 32, true)]
    [TestCase(9, 1, false)]
    public void Fits_TokensAndSlots_AreOneBlocksThreads(int tokens, int topK, bool expected)
    {
        Assert.That(DecodeHeuristic.Fits(tokens, topK), Is.EqualTo(expected));
    }

    [Test]
    public void Prefers_AnyCall_NeverExceedsWhatFits()
    {
        for (var tokens = 0; tokens < 64; tokens++)
        {
            for (var topK = 1; topK <= 32; topK++)
            {
                Assert.That(
                    !DecodeHeuristic.Prefers(tokens, topK, 0.125, 1 << 20) || DecodeHeuristic.Fits(tokens, topK),
                    $"{tokens} tokens, top-{topK}");
            }
        }
    }

    [TestCase(1, 32, 1.0, 36, true)]
    [TestCase(2, 8, 1.0, 9, true)]
    [TestCase(2, 8, 1.0, 36, false)]
    [TestCase(8, 8, 1.0, 9, false)]
    [TestCase(2, 2, 1.0, 336, true)]
    [TestCase(4, 2, 1.0, 336, false)]
    [TestCase(4, 8, 0.125, 84, true)]
    [TestCase(8, 8, 0.125, 84, false)]
    [TestCase(8, 2, 1.0, 336, false)]
    public void Prefers_PairsAndExpertMegabytes_TakesFewPairsOrFewBytes(
        int tokens, int topK, double share, int megabytes, bool expected)
    {
        Assert.That(DecodeHeuristic.Prefers(tokens, topK, share, (long)megabytes << 20), Is.EqualTo(expected));
    }

    [TestCase(0, false)]
    [TestCase(4096, true)]
    [TestCase(8 * 7168 * 2, true)]
    [TestCase(8 * 16384 * 2, false)]
    public void Plan_SourceRows_AreKeptWhereTheyFit(int rowBytes, bool isKept)
    {
        var plan = DecodeHeuristic.Plan(Memory, DecodeHeuristic.MaxTokens, rowBytes);

        Assert.Multiple(() =>
        {
            Assert.That(plan.KeepsRows, Is.EqualTo(isKept));
            Assert.That(
                plan.SharedBytes,
                Is.EqualTo(Memory.HeaderBytes + (plan.Stages * Memory.StageBytes) + (isKept ? rowBytes : 0)));
            Assert.That(plan.SharedBytes, Is.LessThanOrEqualTo(Memory.SharedBytes));
        });
    }

    [TestCase(1, 4096, 4)]
    [TestCase(2, 2 * 7168 * 2, 4)]
    [TestCase(3, 3 * 4096, 3)]
    [TestCase(1, 0, 3)]
    public void Plan_OneOrTwoTokens_GiveTheFirstProductAFourthStage(int tokens, int rowBytes, int stages)
    {
        Assert.That(DecodeHeuristic.Plan(Memory, tokens, rowBytes).Stages, Is.EqualTo(stages));
    }

    [Test]
    public void Plan_BothProductsOfASmallLayer_FitOneMultiprocessorTogether()
    {
        var first = DecodeHeuristic.Plan(Memory, 4, 4 * 2048 * 2);
        var second = DecodeHeuristic.Plan(Memory, 4, 0);

        Assert.That(first.SharedBytes + second.SharedBytes, Is.LessThanOrEqualTo(Memory.SharedBytes - 1024));
    }
}
