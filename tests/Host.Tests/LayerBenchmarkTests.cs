using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class LayerBenchmarkTests
{
    private static readonly BenchSettings Settings =
        new(Repeats: 1, RoutingDistribution.Uniform, new DeviceCeilings(1e12, 1e15, "test"), WarmUpMilliseconds: 0);

    [TestCase("small-silu")]
    [TestCase("small-swigluoai")]
    [TestCase("small-ep4")]
    public void Measure_CpuExperts_AgreeWithTheFloat64Rows(string name)
    {
        var shape = SmallShapes.All.Single(s => s.Name == name);
        using var session = HostSession.Open(null, []);
        using var benchmark = new LayerBenchmark(session, shape, session.Deployment("cpu", maxTokens: 20), new BenchData());
        using var kernel = benchmark.Build(benchmark.Compose(new StageSelection()));

        foreach (var tokens in new[] { 1, 3, 20 })
        {
            var cell = benchmark.Measure(kernel, tokens, Settings, CancellationToken.None);
            Assert.That(cell.RelativeError, Is.LessThan(0.01), $"{tokens} tokens");
            Assert.That(cell.Repeats, Is.EqualTo(1));
        }
    }

    [Test]
    public void Measure_SlowerThanGiveUpAbove_StopsAfterThreeCalls()
    {
        using var session = HostSession.Open(null, []);
        using var benchmark = new LayerBenchmark(
            session, SmallShapes.Silu, session.Deployment("cpu", maxTokens: 1), new BenchData());
        using var kernel = benchmark.Build(benchmark.Compose(new StageSelection()));
        var cell = benchmark.Measure(kernel, 1, Settings with { Repeats = 9, GiveUpAbove = 0 }, CancellationToken.None);

        Assert.That(cell.Repeats, Is.EqualTo(3));
    }

    [Test]
    public void RelativeError_RowsOfOtherWeights_IsAboveTheLimit()
    {
        using var session = HostSession.Open(null, []);
        using var benchmark = new LayerBenchmark(
            session, SmallShapes.Silu, session.Deployment("cpu", maxTokens: 4), new BenchData());
        using var kernel = benchmark.Build(benchmark.Compose(new StageSelection()));
        using var stream = kernel.Device.CreateStream();
        var data = new BenchData();
        var routing = BenchData.Routing(SmallShapes.Silu, 4, RoutingDistribution.Uniform);
        var other = new TokenRouting([.. routing.Ids.Select(id => (id + 1) % 8)], routing.Weights);
        using var call = new BenchCall(kernel, other, data, stream);
        call.Apply();

        var error = new BenchReference(SmallShapes.Silu, data).Rows(routing).RelativeError(call);
        Assert.That(error, Is.GreaterThan(BenchReference.ErrorLimit));
    }
}
