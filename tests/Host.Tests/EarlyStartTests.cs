using FusedMoe.Runtime;

namespace FusedMoe.Host.Tests;

public sealed class EarlyStartTests
{
    [Test]
    public void BuiltInPlugins_HoldTheLayerThatStartsAGpu()
    {
        Assert.That(Path.Combine(HostSession.BuiltInPlugins, "FusedMoe.Cuda.dll"), Does.Exist);

        var thread = EarlyStart.Begin(DeviceId.Cuda(4711), HostSession.BuiltInPlugins);

        Assert.That(thread?.Join(TimeSpan.FromSeconds(60)), Is.True);
    }
}
