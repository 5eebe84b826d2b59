using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class TokenRoutingTests
{
    [Test]
    public void Draw_Uniform_GivesDistinctExpertsAndWeightsThatSumToOne()
    {
        var layer = NamedShape.Find("qwen3-30b-a3b").Layer;
        var routing = TokenRouting.Draw(layer, 64, RoutingDistribution.Uniform, seed: 3);

        for (var t = 0; t < 64; t++)
        {
            Assert.That(routing.Ids.Skip(t * 8).Take(8).Distinct().Count(), Is.EqualTo(8));
            Assert.That(routing.Weights.Skip(t * 8).Take(8).Sum(), Is.EqualTo(1f).Within(1e-5));
        }
    }

    [Test]
    public void Draw_OneExpert_LoadsTheFirstKAlone()
    {
        var layer = NamedShape.Find("mixtral-8x7b").Layer;
        var routing = TokenRouting.Draw(layer, 10, RoutingDistribution.OneExpert, seed: 3);

        Assert.That(routing.LocalLoad(8), Is.EqualTo((20L, 2)));
    }

    [TestCase("Uniform", new[] { 52, 48, 104, 105, 40, 114, 75, 55, 5, 96, 22, 73, 30, 24, 92, 126 })]
    [TestCase("Zipf", new[] { 4, 3, 47, 49, 2, 70, 13, 5, 0, 33, 60, 12, 1, 30, 27, 119 })]
    public void Draw_SeedOfFourTokens_GivesTheIdsOfThePeersScript(string distribution, int[] ids)
    {
        var layer = NamedShape.Find("qwen3-30b-a3b").Layer;
        var routing = TokenRouting.Draw(layer, 4, Enum.Parse<RoutingDistribution>(distribution), seed: 27);

        Assert.That(routing.Ids.Take(16), Is.EqualTo(ids));
    }

    [Test]
    public void Draw_Zipf_LoadsExpertsByTheirRank()
    {
        var layer = NamedShape.Find("mixtral-8x7b").Layer;
        var routing = TokenRouting.Draw(layer, 2000, RoutingDistribution.Zipf, seed: 5);
        var loads = Enumerable.Range(0, 8).Select(e => routing.Ids.Count(id => id == e)).ToArray();

        Assert.That(loads, Is.Ordered.Descending);
        Assert.That(loads[0], Is.GreaterThan(3 * loads[7]));
    }

    [TestCase(1, new[] { 100, 10, 37, 126, 24, 158, 136, 56 })]
    [TestCase(2, new[] { 221, 197, 61, 195, 164, 11, 37, 161 })]
    public void Routing_OneOfEightRanks_GivesTheRankAPair(int tokens, int[] firstIds)
    {
        var routing = BenchData.Routing(NamedShape.Find("deepseek-v3-ep8"), tokens, RoutingDistribution.Uniform);

        Assert.That(routing.Ids.Take(firstIds.Length), Is.EqualTo(firstIds));
        Assert.That(routing.LocalLoad(32).Pairs, Is.GreaterThan(0));
    }
}
