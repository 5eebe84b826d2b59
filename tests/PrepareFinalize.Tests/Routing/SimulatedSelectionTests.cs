using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class SimulatedSelectionTests
{
    private const int Tokens = 4000;
    private const int Experts = 16;

    [Test]
    public void Route_Uniform_SpreadsEvenlyWithWeightOne()
    {
        var (ids, weights) = Route(SimulatedRouting.Uniform, 4, seed: 1);

        var share = Tokens * 4 / Experts;
        var counts = Enumerable.Range(0, Experts).Select(e => ids.Count(i => i == e));
        Assert.That(counts, Is.All.InRange(share * 0.85, share * 1.15));
        Assert.That(weights, Is.All.EqualTo(1f));
    }

    [Test]
    public void Route_Normal_FavoursTheMiddleWithWeightsThatSumToOne()
    {
        var (ids, weights) = Route(SimulatedRouting.Normal, 4, seed: 1);

        // sigmoid(z) is between 6/16 and 10/16 for |z| < ln(5/3) = 0.511: 39 % of a standard normal.
        var middle = ids.Count(i => i is >= 6 and < 10) / (double)ids.Length;
        Assert.That(ids, Is.All.InRange(0, Experts - 1));
        Assert.That(middle, Is.EqualTo(0.39).Within(0.02));
        Assert.That(weights.Chunk(4).Select(w => w.Sum()), Is.All.EqualTo(1f).Within(1e-5));
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(Experts)]
    public void Route_Zipf_GivesDistinctIdsByRank(int topK)
    {
        var (ids, weights) = Route(SimulatedRouting.Zipf, topK, seed: 1);

        Assert.That(ids.Chunk(topK).Select(t => t.Distinct().Count()), Is.All.EqualTo(topK));
        Assert.That(weights, Is.All.EqualTo(1f / topK));
        if (topK == 1)
        {
            // H_16 = 3.3807: expert 0 gets 29.6 %, expert 3 a quarter of that.
            Assert.That(ids.Count(i => i == 0) / (double)Tokens, Is.EqualTo(0.296).Within(0.025));
            Assert.That(ids.Count(i => i == 3) / (double)Tokens, Is.EqualTo(0.074).Within(0.015));
        }
    }

    [Test]
    public void Route_OneExpert_GivesTheFirstIds()
    {
        var (ids, weights) = Route(SimulatedRouting.OneExpert, 2, seed: 1);

        Assert.That(ids.Chunk(2), Is.All.EqualTo(new[] { 0, 1 }));
        Assert.That(weights, Is.All.EqualTo(0.5f));
    }

    [Test]
    public void Route_SameSeed_RepeatsAndAnotherSeedDiffers()
    {
        var first = Route(SimulatedRouting.Uniform, 4, seed: 7).Ids;

        Assert.That(Route(SimulatedRouting.Uniform, 4, seed: 7).Ids, Is.EqualTo(first));
        Assert.That(Route(SimulatedRouting.Uniform, 4, seed: 8).Ids, Is.Not.EqualTo(first));
    }

    private static (int[] Ids, float[] Weights) Route(SimulatedRouting kind, int topK, int seed)
    {
        var routing = RoutingSpec.For(RoutingMethod.Simulated) with { Simulation = kind, SimulationSeed = seed };
        var context = Layers.Context(routing, Experts, topK);
        using var ids = new HostTensor(DType.Int32, new TensorShape(Tokens, topK));
        using var weights = new HostTensor(DType.Float32, new TensorShape(Tokens, topK));
        using var router = new TopKRouterDescriptor().Create(context);
        using var stream = context.Device.CreateStream();
        var call = new RouteCall { Logits = TensorView.None, TopKIds = ids.View, TopKWeights = weights.View };
        router.Route(call, stream);
        return (ids.ToArray<int>(), weights.ToFloats());
    }
}
