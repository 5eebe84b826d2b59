namespace FusedMoe.Cuda.Tests;

public sealed class CudaStartupTests
{
    [Test]
    public void Begin_AnyMachine_EndsAndLeavesTheAnswerToDiscover()
    {
        using var provider = new CudaDeviceProvider();
        var before = HandleCounts.Open;

        Assert.That(CudaStartup.Begin(4711).Join(TimeSpan.FromSeconds(60)), Is.True);
        Assert.That(HandleCounts.Open, Is.EqualTo(before));
        var found = provider.Discover();
        Assert.That(found.Devices.Count + found.Refusals.Count, Is.Positive);
    }
}
