using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Composition;

/// <summary>Shared experts whose activation is not the layer's.</summary>
public sealed class SharedExpertsActivationTests
{
    [Test]
    public void Compose_AnActivationOfTheirOwn_IsTheirsAlone()
    {
        using var host = FakeHost.Local([new FakeExpertsDescriptor("cpu")]);
        var clamped = new ActivationSpec(ActivationKind.Silu, 2f);
        var layer = Layers.Plain(features: Layers.Features with { SharedExperts = new(10) { Activation = clamped } });

        var plan = host.Composer.Compose(layer, host.Deployment);

        Assert.That(plan.Layer.Activation, Is.EqualTo(layer.Activation));
        Assert.That(plan.SharedExperts!.Layer.Activation, Is.EqualTo(clamped));
    }

    [Test]
    public void Layer_ActivationWithoutAGateInAGatedLayer_IsRefused()
    {
        var features = Layers.Features with { SharedExperts = new(10) { Activation = new(ActivationKind.Relu2NoMul) } };

        Assert.That(() => Layers.Plain(features: features), Throws.ArgumentException.With.Message.EqualTo(
            "The layer spec has 1 problem(s): shared experts' activation must be gated like silu, got relu2_no_mul."));
    }
}
