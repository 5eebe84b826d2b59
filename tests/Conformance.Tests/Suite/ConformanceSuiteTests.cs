using System.Text.Json;

namespace FusedMoe.Conformance.Tests;

public sealed class ConformanceSuiteTests
{
    [Test]
    public void Discover_Twice_GivesTheSameUniqueIds()
    {
        using var host = new FakeHost(Fault.None);

        var (first, second) = (
            host.Discover().Select(c => c.Id).ToArray(), host.Discover().Select(c => c.Id).ToArray());

        Assert.Multiple(() =>
        {
            Assert.That(first, Is.Unique);
            Assert.That(second, Is.EqualTo(first));
        });
    }

    [Test]
    public void Discover_WithText_KeepsMatchingCasesOnly()
    {
        using var host = new FakeHost(Fault.None);

        Assert.That(
            host.Discover("SILU-LIMIT").Select(c => c.Id),
            Is.EqualTo(new[] { "fake-local+fake-experts/activation/silu-limit" }));
    }

    [Test]
    public void Discover_WithTexts_KeepsCasesThatMatchOneOfThem()
    {
        using var host = new FakeHost(Fault.None);

        Assert.That(
            host.Discover("silu-limit, expert-ids/all-ids-invalid,").Select(c => c.Id),
            Is.EquivalentTo(host.Discover("silu-limit").Concat(host.Discover("expert-ids/all-ids-invalid")).Select(c => c.Id)));
    }

    [Test]
    public void Discover_ForAnotherPlugin_FindsNothing()
    {
        using var host = new FakeHost(Fault.None);

        var cases = ConformanceSuite.Discover(
            host.Services, host.Device, new ConformanceOptions { Plugin = "somebody-else" });

        Assert.That(cases, Is.Empty);
    }

    [Test]
    public void CasesFor_AnUnknownBackend_FailsWithTheKnownNames()
    {
        using var host = new FakeHost(Fault.None);

        var only = (ConformanceCase)ConformanceSuite.CasesFor(host.Services, host.Device, "fake-expert").Single()[0];

        Assert.That(
            only.Run().Detail,
            Does.StartWith("No stage on cpu is named 'fake-expert'. Known: fake-local, fake-experts."));
    }

    [Test]
    public void Run_WhenCancelled_Throws()
    {
        using var host = new FakeHost(Fault.None);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => host.Discover()[0].Run(cancelled.Token));
    }

    [Test]
    public void Run_OfAFailingCase_PrintsShapeSeedToleranceAndCoordinate()
    {
        using var host = new FakeHost(Fault.WeightsTwice);

        var result = host.Discover("shape/m7-e8").Single().Run();

        Assert.That(
            result.Detail,
            Does.Match(@"experts 8, top-k 2, hidden 128, intermediate 128.*7 tokens.*seed 7"
                + @".*at most 4.00E-002.*worst at \[\d+, \d+\]"));
    }

    [Test]
    public void Report_OfMixedResults_CountsThemInTableAndJson()
    {
        using var host = new FakeHost(Fault.IgnoresTheLimit);
        var entries = host.Discover("/activation/").Select(c => (c, c.Run())).ToArray();

        var report = new ConformanceReport("a CPU", entries);
        using var json = JsonDocument.Parse(report.ToJson());

        Assert.Multiple(() =>
        {
            Assert.That((report.Passed, report.Failed, report.IsConformant), Is.EqualTo((1, 1, false)));
            Assert.That(report.ToTable(), Does.Match(@"fake-local\+fake-experts +1 +1 +0 ").And.Contains(
                "FAILED fake-local+fake-experts/activation/silu-limit"));
            Assert.That(json.RootElement.GetProperty("failed").GetInt32(), Is.EqualTo(1));
            Assert.That(json.RootElement.GetProperty("cases").GetArrayLength(), Is.EqualTo(2));
        });
    }
}
