namespace FusedMoe.Conformance.Tests;

/// <summary>A stranger's plugin passes or fails on its merits.</summary>
public sealed class SamplePluginTests
{
    [TestCaseSource(nameof(Sample))]
    public void Run_OfTheSample_HoldsWhatItClaims(ConformanceCase item)
    {
        var result = item.Run();

        Assert.That(result.IsAcceptable, Is.True, result.Detail);
    }

    [Test]
    public void Run_OfTheSampleThatForgetsRouterWeights_FailsTheCasesThatNeedThem()
    {
        var failed = ConformanceSuite.CasesFor(PluginHost.Shared.Services, PluginHost.Shared.Device, "sample-wrong")
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

    private static IEnumerable<object[]> Sample() =>
        ConformanceSuite.CasesFor(PluginHost.Shared.Services, PluginHost.Shared.Device, "sample");
}
