using System.Runtime.Loader;
using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class EarlyStartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TestCase(4711)]
    [TestCase(-1)]
    public void Begin_LayerThatDeclaresAStart_IsStartedOnAThreadOfItsOwnThatOutlivesItsFailure(int index)
    {
        var thread = EarlyStart.Begin(typeof(FakeStartupAttribute).Assembly, index)!;

        Assert.That(thread.Join(Patience), Is.True);
        Assert.That(FakeStartupAttribute.Starts, Does.Contain((index, thread.ManagedThreadId)));
    }

    [Test]
    public void Begin_LayerOfAPluginFolder_LoadsItWhereAllPluginsShareIt()
    {
        var thread = EarlyStart.Begin(DeviceId.Cuda(4711), BuiltPlugins.PrepareFinalize);

        Assert.That(thread?.Join(Patience), Is.True);
        Assert.That(AssemblyLoadContext.Default.Assemblies.Select(a => a.GetName().Name), Does.Contain("FusedMoe.Cuda"));
    }

    [Test]
    public void Begin_LayerThatDeclaresNoStart_BeginsNothing() =>
        Assert.That(EarlyStart.Begin(DeviceId.Cpu, BuiltPlugins.CpuExperts), Is.Null);

    [Test]
    public void Begin_KindWithoutALayer_BeginsNothing() =>
        Assert.That(EarlyStart.Begin(new DeviceId((DeviceKind)99, 0), BuiltPlugins.CpuExperts), Is.Null);
}
