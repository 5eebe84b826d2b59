using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class SparseMixerTests
{
    [Test]
    public void Route_ByHand_MasksWhatIsFarFromTheLargest()
    {
        // Jitter 0.01: an expert counts when (m - s) / max(|s|, m) <= 0.02. Slot 0, m = 100: 100 and 99 (1 %) stay.
        // Slot 1, m = 99 without the first: 99 and 97.5 (1.5 %) stay.
        using var logits = HostTensor.Of(DType.Float32, new float[,] { { 97.5f, 100f, 99f, 50f } });

        var (ids, weights) = Route(logits.View);

        Assert.That(ids, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(weights[0], Is.EqualTo(1 / (1 + Math.Exp(-1))).Within(1e-6));
        Assert.That(weights[1], Is.EqualTo(1 / (1 + Math.Exp(-1.5))).Within(1e-6));
    }

    [Test]
    public void Route_WideLogits_GivesWeightOneTwice()
    {
        using var logits = HostTensor.Of(DType.Float32, new float[,] { { 1f, -3f, 5f, 2f } });

        var (ids, weights) = Route(logits.View);

        Assert.That(ids, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(weights, Is.EqualTo(new[] { 1f, 1f }));
    }

    [Test]
    public void Route_NegativeMaximum_MeasuresByTheMagnitude()
    {
        // m = -1: for s = -1.01 the distance is 0.01 / 1.01, within 2 %; for -1.03 it is 0.03 / 1.03, beyond.
        using var logits = HostTensor.Of(DType.Float32, new float[,] { { -1.01f, -1f, -1.03f } });

        var (ids, weights) = Route(logits.View);

        Assert.That(ids, Is.EqualTo(new[] { 1, 0 }));
        Assert.That(weights[0], Is.EqualTo(1 / (1 + Math.Exp(-0.01))).Within(1e-6));
        Assert.That(weights[1], Is.EqualTo(1 / (1 + Math.Exp(-0.02))).Within(1e-6));
    }

    [Test]
    public void Route_RandomLogits_AgreesWithTheDefinition()
    {
        const int Experts = 16;
        var values = HostTensor.Normals(200 * Experts, 3).Select(v => 10 + (v * 0.2f));
        using var logits = HostTensor.Of(DType.Float32, new TensorShape(200, Experts), values);

        var (ids, weights) = Route(logits.View);

        var rows = logits.ToFloats().Select(v => (double)v).Chunk(Experts).ToArray();
        for (var m = 0; m < rows.Length; m++)
        {
            var order = Enumerable.Range(0, Experts).OrderByDescending(e => rows[m][e]).ToArray();
            Assert.That(ids[(2 * m)..((2 * m) + 2)], Is.EqualTo(order[..2]));
            for (var slot = 0; slot < 2; slot++)
            {
                var max = rows[m][order[slot]];
                var kept = order[slot..].Where(e => (max - rows[m][e]) / Math.Max(Math.Abs(rows[m][e]), max) <= 0.02);
                var expected = 1 / kept.Sum(e => Math.Exp(rows[m][e] - max));
                Assert.That(weights[(2 * m) + slot], Is.EqualTo(expected).Within(1e-5), $"token {m}, slot {slot}");
            }
        }
    }

    private static (int[] Ids, float[] Weights) Route(TensorView logits)
    {
        var context = Layers.Context(RoutingSpec.For(RoutingMethod.Custom), (int)logits.Shape[1], 2);
        using var ids = new HostTensor(DType.Int32, new TensorShape(logits.Shape[0], 2));
        using var weights = new HostTensor(DType.Float32, new TensorShape(logits.Shape[0], 2));
        using var router = new TopKRouterDescriptor().Create(context);
        using var stream = context.Device.CreateStream();
        router.Route(new RouteCall { Logits = logits, TopKIds = ids.View, TopKWeights = weights.View }, stream);
        return (ids.ToArray<int>(), weights.ToFloats());
    }
}
