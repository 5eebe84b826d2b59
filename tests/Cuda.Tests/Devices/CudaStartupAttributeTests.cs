namespace FusedMoe.Cuda.Tests;

public sealed class CudaStartupAttributeTests
{
    [Test]
    public void Start_AnyMachine_EndsAndLeavesTheAnswerToDiscover()
    {
        using var provider = new CudaDeviceProvider();
        var before = HandleCounts.Open;

        new CudaStartupAttribute().Start(4711);

        Assert.That(HandleCounts.Open, Is.EqualTo(before));
        var found = provider.Discover();
        Assert.That(found.Devices.Count + found.Refusals.Count, Is.Positive);
    }

    [Test]
    public void Assembly_IsMarkedWithItsStart() =>
        Assert.That(typeof(CudaDevice).Assembly.IsDefined(typeof(CudaStartupAttribute), inherit: false), Is.True);
}
