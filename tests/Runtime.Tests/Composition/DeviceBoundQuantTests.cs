using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Composition;

public sealed class DeviceBoundQuantTests
{
    private static readonly Support NoImage = Support.No(
        RefusalCodes.NoImage, "kernel image 'fp8'", "built for compute capability 8.0", "sm_90", "choose 'cpu'");

    [Test]
    public void Compose_QuantizationRefusedOnTheDevice_ExplainsItAndTakesAnother()
    {
        var experts = new FakeExpertsDescriptor("triton");
        experts.Refuses["SupportsQuantOn"] = NoImage;
        using var host = FakeHost.Local([experts, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment);

        Assert.Multiple(() =>
        {
            Assert.That(plan.Chain!.Experts[0].Experts.Name, Is.EqualTo("cpu"));
            Assert.That(plan.Candidates.Single(c => c.Name == "triton").Refusals.Single().ToString(), Is.EqualTo(
                "[no-image] kernel image 'fp8' must be built for compute capability 8.0, got sm_90; choose 'cpu'."));
            Assert.That(experts.AskedDevice, Is.EqualTo(host.Deployment.Device));
        });
    }

    [Test]
    public void Compose_NamedStageRefusedOnTheDevice_HasNoChain()
    {
        var experts = new FakeExpertsDescriptor("triton");
        experts.Refuses["SupportsQuantOn"] = NoImage;
        using var host = FakeHost.Local([experts, new FakeExpertsDescriptor("cpu")]);

        var plan = host.Composer.Compose(Layers.Plain(), host.Deployment, new StageSelection(Experts: "triton"));

        Assert.Multiple(() =>
        {
            Assert.That(plan.IsRunnable, Is.False);
            Assert.That(
                plan.Candidates.Single(c => c.Name == "triton").Refusals.Select(r => r.Code),
                Is.EqualTo(new[] { RefusalCodes.NoImage }));
        });
    }
}
