namespace FusedMoe.Conformance.Tests;

/// <summary>A stranger's plugin passes or fails on its merits.</summary>
public sealed class SamplePluginTests
{
    private static IEnumerable<object[]> Cases(string backend) =>
        ConformanceSuite.CasesFor(PluginHost.Shared.Services, PluginHost.Shared.Device, backend);

    [TestCaseSource(nameof(Cases), new object[] { "sample" })]
    public void Run_OfTheSample_HoldsWhatItClaims(ConformanceCase item)
    {
        var result = item.Run();

        Assert.That(result.IsAcceptable, Is.True, result.Detail);
    }

    [Test]
    public void Run_OfTheSampleThatForgetsRouterWeights_FailsTheCasesThatNeedThem()
    {
        var failed = Cases("sample-wrong")
            .Select(c => (ConformanceCase)c[0])
            .Where(c => c.Group is CaseGroups.Shape or CaseGroups.Refusals)
            .Where(c => c.Run().Outcome == ConformanceOutcome.Failed)
            .Select(c => c.Id)
            .ToArray();

        Assert.Multiple(() =>
        {
            Assert.That(failed, Has.Some.EndsWith("+sample-wrong/shape/m1-e8-top2-k128-i128"));
            Assert.That(failed, Has.None.Contains("/refusals/"), "its answers are right, its numbers are not");
        });
    }
}
