namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class DecodeHeuristicTests
{
    // What the driver keeps of a multiprocessor's shared memory for each block.
    private const int ReservedBytes = 1024;
    private const int Processors = 132;
    private static readonly DecodeMemory Memory = new(3072, 32768, 4, 232448);

    [TestCase(0, 8, false)]
    [TestCase(1, 8, true)]
    [TestCase(8, 32, true)]
    [TestCase(9, 1, false)]
    public void Fits_TokensAndSlots_AreOneBlocksThreads(int tokens, int topK, bool expected)
    {
        Assert.That(DecodeHeuristic.Fits(tokens, topK), Is.EqualTo(expected));
    }

    [TestCase(1, 8, false, true)]
    [TestCase(2, 32, false, true)]
    [TestCase(3, 8, false, false)]
    [TestCase(4, 32, true, true)]
    [TestCase(5, 2, true, false)]
    [TestCase(0, 8, true, false)]
    public void Prefers_UpToTwoTokens_AndUpToFourOnARankOfSeveral(int tokens, int topK, bool isRank, bool expected)
    {
        Assert.That(DecodeHeuristic.Prefers(tokens, topK, isRank), Is.EqualTo(expected));
    }

    [TestCase(1, 4096L, true)]
    [TestCase(8, 8L * 7168 * 2, true)]
    [TestCase(8, 8L * 16384 * 2, false)]
    public void First_SourceRows_AreKeptWhereTheyFit(int tokens, long rowBytes, bool isKept)
    {
        var plan = DecodeHeuristic.First(Memory, tokens, rowBytes);

        Assert.Multiple(() =>
        {
            Assert.That(plan.KeepsRows, Is.EqualTo(isKept));
            Assert.That(
                plan.SharedBytes,
                Is.EqualTo(Memory.HeaderBytes + (plan.Stages * Memory.StageBytes) + (isKept ? rowBytes : 0)));
            Assert.That(plan.SharedBytes, Is.LessThanOrEqualTo(Memory.SharedBytes));
        });
    }

    [TestCase(1, 2)]
    [TestCase(2, 2)]
    [TestCase(3, 3)]
    [TestCase(8, 3)]
    public void First_MoreThanTwoTokens_GetAThirdStage(int tokens, int stages)
    {
        Assert.That(DecodeHeuristic.First(Memory, tokens, tokens * 4096).Stages, Is.EqualTo(stages));
    }

    [TestCase(8, 2048, 2)]
    [TestCase(2, 4096, 4)]
    [TestCase(256, 16384, 11)]
    [TestCase(1, 8, 1)]
    public void Second_TwoBlocks_FitOneMultiprocessor(int pairs, int features, int held)
    {
        var plan = DecodeHeuristic.Second(Memory, pairs, features, Processors);

        Assert.Multiple(() =>
        {
            Assert.That(plan.BlocksPerProcessor, Is.EqualTo(2));
            Assert.That(plan.KeepsRows, Is.False);
            Assert.That(plan.ResultUnits, Is.EqualTo(held));
            Assert.That(
                plan.BlocksPerProcessor * (plan.SharedBytes + ReservedBytes),
                Is.LessThanOrEqualTo(Memory.SharedBytes + ReservedBytes));
        });
    }

    // A block of the second product starts to load weights while the first product still runs.
    [Test]
    public void Plans_OfASmallLayer_FitOneMultiprocessorTogether()
    {
        var first = DecodeHeuristic.First(Memory, 4, 4 * 2048 * 2);
        var second = DecodeHeuristic.Second(Memory, 32, 2048, Processors);

        Assert.That(
            first.SharedBytes + second.SharedBytes + (2 * ReservedBytes),
            Is.LessThanOrEqualTo(Memory.SharedBytes + ReservedBytes));
    }
}
