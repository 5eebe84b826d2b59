namespace FusedMoe.Conformance.Tests;

/// <summary>Every case of every CPU stage and pair that ships, one test a case.</summary>
public sealed class BuiltInPluginConformance
{
    [TestCaseSource(nameof(Shipped))]
    public void Run_EachCase_HoldsWhatIsClaimed(ConformanceCase item)
    {
        var result = item.Run();
        if (result.Outcome == ConformanceOutcome.NotApplicable)
        {
            Assert.Ignore(result.Detail);
        }

        Assert.That(result.Outcome, Is.EqualTo(ConformanceOutcome.Passed), result.Detail);
    }

    /// <summary>All but the samples, which have their own tests.</summary>
    private static IEnumerable<object[]> Shipped() =>
        ConformanceSuite.Discover(PluginHost.Shared.Services, PluginHost.Shared.Device)
            .Where(c => !c.Subject.Contains("sample", StringComparison.Ordinal))
            .Select(c => new object[] { c });
}
