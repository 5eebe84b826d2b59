using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class TuneRunTests
{
    [Test]
    public void Measure_TwoBackends_KeepsAnEntryACountOfEach()
    {
        using var session = HostSession.Open(null, []);
        using var benchmark = new LayerBenchmark(
            session, SmallShapes.Silu, session.Deployment("cpu", maxTokens: 4), new BenchData());
        var plans = new[] { "cpu", "reference" }.Select(n => benchmark.Compose(new StageSelection(Experts: n))).ToArray();
        var reports = new List<string>();
        var settings = new BenchSettings(
            Repeats: 1, RoutingDistribution.Uniform, new DeviceCeilings(1, 1, "test"), WarmUpMilliseconds: 0);
        var run = new TuneRun(benchmark, settings, reports.Add);
        var entries = run.Measure(plans, [4, 1], CancellationToken.None);

        Assert.That(plans.All(p => p.IsRunnable), Is.True);
        Assert.That(run.Wrong, Is.Empty);
        Assert.That(
            entries.Select(e => (e.MaxTokens, e.Experts)),
            Is.EquivalentTo(new[] { (1, "cpu"), (1, "reference"), (4, "cpu"), (4, "reference") }));
        Assert.That(entries.Select(e => e.MaxTokens), Is.Ordered);
        Assert.That(reports, Has.Count.EqualTo(4));
    }
}
