namespace FusedMoe.PrepareFinalize.Tests.Routing;

public sealed class TopKRouterDescriptorTests
{
    private readonly TopKRouterDescriptor _descriptor = new();

    [Test]
    public void SupportsRouting_EveryPublishedMethod_IsYes()
    {
        foreach (var method in Enum.GetValues<RoutingMethod>().Where(m => m != RoutingMethod.Unspecified))
        {
            Assert.That(_descriptor.SupportsRouting(RoutingSpec.For(method)).IsYes, $"{method}");
        }
    }

    [Test]
    public void SupportsRouting_CustomWithoutJitter_SaysWhatToSet()
    {
        var routing = RoutingSpec.For(RoutingMethod.Custom) with { SparseMixerJitter = null };

        Assert.That(_descriptor.SupportsRouting(routing).Refusal!.ToString(), Is.EqualTo(
            "[routing] custom routing must be the sparse mixer (a jitter), got no jitter; "
            + "set SparseMixerJitter or another method."));
    }

    [TestCase(DType.BFloat16, true)]
    [TestCase(DType.Int8, false)]
    public void SupportsRouterLogits_Type_IsThatOfActivations(DType dtype, bool expected)
    {
        var answer = _descriptor.SupportsRouterLogits(dtype);

        Assert.That(answer.IsYes, Is.EqualTo(expected));
        Assert.That(answer.Refusal?.Sentence, Is.EqualTo(
            expected ? null : "router logits type must be float32, bf16 or fp16, got int8."));
    }
}
