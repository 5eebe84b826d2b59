namespace FusedMoe.Runtime.Tests.Execution;

public sealed class ExpertsHintTests
{
    [TestCase(0, 4, false, 0)]
    [TestCase(3, 4, false, 3)]
    [TestCase(3, 4, true, 0)]
    public void For_StandardRows_IsTheCallersUntilRowsTravel(int hint, int rows, bool hasTravelled, int expected)
    {
        Assert.That(ExpertsHint.For(ActivationFormat.Standard, hint, rows, 2, hasTravelled), Is.EqualTo(expected));
    }

    [TestCase(0, 4, 1, 4)]
    [TestCase(3, 4, 1, 3)]
    [TestCase(0, 4, 8, 32)]
    [TestCase(int.MaxValue, 4, 8, int.MaxValue)]
    public void For_BlocksOfRows_IsTheTokensOfEveryDispatcher(int hint, int rows, int dispatchers, int expected)
    {
        Assert.That(
            ExpertsHint.For(ActivationFormat.Batched, hint, rows, dispatchers, hasTravelled: false), Is.EqualTo(expected));
    }
}
