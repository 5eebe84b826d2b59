namespace FusedMoe.Conformance.Tests;

public sealed class ReferenceRouterTests
{
    private static readonly float[] Logits = [0f, 2f, 1f, 2f];

    [Test]
    public void Route_EqualLogits_PreferTheLowerId()
    {
        var routed = Route(RoutingSpec.For(RoutingMethod.Renormalize), topK: 2);

        Assert.Multiple(() =>
        {
            Assert.That(routed.Ids, Is.EqualTo(new[] { 1, 3 }));
            Assert.That(routed.Weights, Is.EqualTo(new[] { 0.5, 0.5 }));
        });
    }

    [Test]
    public void Route_CorrectionBias_SelectsWithAndWeighsWithoutIt()
    {
        var routed = Route(RoutingSpec.For(RoutingMethod.MiniMax2), topK: 1, bias: [10, 0, 0, 0]);

        Assert.Multiple(() =>
        {
            Assert.That(routed.Ids, Is.EqualTo(new[] { 0 }));
            Assert.That(routed.Weights[0], Is.EqualTo(1).Within(1e-12));
        });
    }

    [Test]
    public void Route_Groups_KeepTheBestSumOfTwo()
    {
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV3, groups: 2, groupsKept: 1, scale: 3f);

        var routed = Route(routing, topK: 2, bias: [0, 0, 0, 0]);

        Assert.Multiple(() =>
        {
            Assert.That(
                routed.Ids, Is.EqualTo(new[] { 3, 2 }), "sigmoids of 1 and 2 sum to more than those of 0 and 2");
            Assert.That(routed.Weights.Sum(), Is.EqualTo(3).Within(1e-6));
        });
    }

    [Test]
    public void Route_Llama4_TakesTheSigmoidOfTheBestLogit()
    {
        var routed = Route(RoutingSpec.For(RoutingMethod.Llama4), topK: 1);

        Assert.That(routed.Weights[0], Is.EqualTo(1 / (1 + Math.Exp(-2))).Within(1e-12));
    }

    [Test]
    public void Route_SparseMixer_ForgetsLogitsFarFromTheBest()
    {
        var routed = Route(RoutingSpec.For(RoutingMethod.Custom), topK: 2);

        Assert.Multiple(() =>
        {
            Assert.That(routed.Ids, Is.EqualTo(new[] { 1, 3 }));
            Assert.That(
                routed.Weights, Is.EqualTo(new[] { 0.5, 1.0 }), "two near logits share, then the second is alone");
        });
    }

    [Test]
    public void Route_HashTable_LooksIdsUpAndWeighsByScore()
    {
        var routing = RoutingSpec.For(RoutingMethod.DeepSeekV4) with { HasHashTable = true, HasCorrectionBias = false };
        var layer = Layer(routing, 2);

        var routed = ReferenceRouter.Route(layer, Logits, new RouterTensors(null, [0, 1, 2, 0], [1]));

        Assert.Multiple(() =>
        {
            Assert.That(routed.Ids, Is.EqualTo(new[] { 2, 0 }));
            Assert.That(routed.Weights.Sum(), Is.EqualTo(1).Within(1e-12));
        });
    }

    [Test]
    public void Route_FusedSharedExperts_AppendConstantSlots()
    {
        var routed = Route(new RoutingSpec { FusedSharedExperts = 1, FusedSharedWeight = 0.25f }, topK: 1);

        Assert.Multiple(() =>
        {
            Assert.That(routed.Ids, Is.EqualTo(new[] { 1, 4 }));
            Assert.That(routed.Weights[1], Is.EqualTo(0.25));
        });
    }

    private static RoutedTokens Route(RoutingSpec routing, int topK, float[]? bias = null) =>
        ReferenceRouter.Route(Layer(routing, topK), Logits, new RouterTensors(bias, null, null));

    private static MoeLayerSpec Layer(RoutingSpec routing, int topK) =>
        new(new MoeShape(4, topK, 8, 8), routing, ActivationSpec.Silu);
}
