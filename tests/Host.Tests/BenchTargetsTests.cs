using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class BenchTargetsTests
{
    [TestCase("mixtral-8x7b", 64, 1.07, true)]
    [TestCase("mixtral-8x7b", 64, 1.10, false)]
    [TestCase("qwen3-30b-a3b", 64, 1.19, true)]
    [TestCase("mixtral-8x7b", 8, 1.5, true)]
    [TestCase("mixtral-8x7b", 2048, 1.41, false)]
    [TestCase("mixtral-8x7b", 4096, 1.35, true)]
    [TestCase("mixtral-8x7b", 16384, 1.30, false)]
    public void Judge_CutlassBesideTheFloor_HoldsTheFirstTargetThatApplies(
        string shape, int tokens, double timesFloor, bool met)
    {
        var verdict = BenchTargets.Judge(Cell("cutlass", shape, tokens, timesFloor), RoutingDistribution.Uniform).Single();

        Assert.That(verdict.IsMet, Is.EqualTo(met), verdict.ToString());
        Assert.That(verdict.Actual, Is.EqualTo(timesFloor).Within(1e-9));
    }

    [Test]
    public void Judge_SmallExpertsAtOneToken_LimitsTheTimeItself()
    {
        var verdict = BenchTargets.Judge(Cell("cutlass", "qwen3-30b-a3b", 1, 4), RoutingDistribution.Uniform).Single();

        Assert.That(verdict.Target, Is.EqualTo("cutlass qwen3-30b-a3b, 1 tokens: at most 30 µs"));
        Assert.That((verdict.Actual, verdict.IsMet), Is.EqualTo((40.0, false)));
    }

    [Test]
    public void Judge_BothPeers_CutlassIsHeldToTheFasterOne()
    {
        var cell = Cell("cutlass", "mixtral-8x7b", 300, 1) with
        {
            Peers = [new PeerComparison("triton", 12, 0.8), new PeerComparison("grouped_mm", 9, 1.1)],
        };

        var verdict = BenchTargets.Judge(cell, RoutingDistribution.Uniform).Single();
        Assert.That(
            verdict, Is.EqualTo(new TargetVerdict("cutlass, 1 tokens and more: at most 1 x the faster peer", 1, 1.1, false)));
    }

    [TestCase(1, 0.8)]
    [TestCase(2, 1.03)]
    [TestCase(4, 0.8)]
    [TestCase(4096, 1.03)]
    public void Judge_Triton_IsHeldToTheSameKernels(int tokens, double limit)
    {
        var cell = Cell("triton", "mixtral-8x7b", tokens, 9) with { Peers = [new PeerComparison("triton", 10, 0.9)] };
        var verdict = BenchTargets.Judge(cell, RoutingDistribution.Uniform).Single();

        Assert.That((verdict.Limit, verdict.IsMet), Is.EqualTo((limit, limit > 0.9)));
    }

    [Test]
    public void Judge_SkewedRouting_AllowsMoreAndLeavesPeersOut()
    {
        var cell = Cell("cutlass", "mixtral-8x7b", 64, 1.2) with
        {
            Peers = [new PeerComparison("triton", 5, 2), new PeerComparison("grouped_mm", 5, 2)],
        };

        var verdict = BenchTargets.Judge(cell, RoutingDistribution.Zipf).Single();
        Assert.That(verdict.Limit, Is.EqualTo(1.08 * 1.2).Within(1e-9));
        Assert.That(verdict.Target, Is.EqualTo("cutlass, 16 to 256 tokens: at most 1.296 x floor"));
        Assert.That(verdict.IsMet, Is.True);
    }

    [Test]
    public void Judge_OtherBackend_HasNoTargets() =>
        Assert.That(BenchTargets.Judge(Cell("cpu", "mixtral-8x7b", 1, 9), RoutingDistribution.Uniform), Is.Empty);

    [Test]
    public void Text_CellsWithPeersAndTargets_ShowsRatiosAndMisses()
    {
        var cells = new[] { (16, 1.2), (64, 1.05) }
            .Select(c => Cell("cutlass", "mixtral-8x7b", c.Item1, c.Item2))
            .Select(c => c with { Targets = BenchTargets.Judge(c, RoutingDistribution.Uniform) })
            .ToArray();
        cells[0] = cells[0] with { Peers = [new PeerComparison("triton", 8, 1.5)] };
        var lines = BenchReport.Text(cells).Split(Environment.NewLine);

        Assert.That(lines[0], Does.EndWith("triton µs  ratio"));
        Assert.That(lines[1], Does.EndWith("8.0   1.50"));
        Assert.That(lines[2], Does.EndWith("-      -"));
        Assert.That(lines[^3], Is.EqualTo("cutlass, 16 to 256 tokens: at most 1.08 x floor - met by 1 of 2"));
        Assert.That(lines[^2], Is.EqualTo("  missed by mixtral-8x7b at 16 (1.20)"));
    }

    private static LayerMeasurement Cell(string experts, string shape, int tokens, double timesFloor) =>
        new(
            shape,
            tokens,
            $"topk -> {experts}",
            10 * timesFloor,
            10,
            Bytes: 1,
            Operations: 1,
            RelativeError: 0.003,
            Repeats: 20,
            BufferBytes: 0)
        {
            Experts = experts,
        };
}
