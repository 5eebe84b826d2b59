using System.Reflection;
using System.Runtime.Loader;

namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class SharedAssembliesTests
{
    [Test]
    public void Resolve_DeviceLayerOfTwoPlugins_IsLoadedOnceIntoTheDefaultContext()
    {
        var folders = new[] { BuiltPlugins.PrepareFinalize, BuiltPlugins.CpuExperts };
        var shared = new SharedAssemblies(folders.Select(f => Path.Combine(f, "FusedMoe.Cpu.dll")));

        var first = shared.Resolve(new AssemblyName("FusedMoe.Cpu"));

        Assert.Multiple(() =>
        {
            Assert.That(first, Is.Not.Null);
            Assert.That(shared.Resolve(new AssemblyName("FusedMoe.Cpu")), Is.SameAs(first));
            Assert.That(AssemblyLoadContext.GetLoadContext(first!), Is.SameAs(AssemblyLoadContext.Default));
            Assert.That(shared.Mismatch(Path.Combine(BuiltPlugins.CpuExperts, "FusedMoe.Experts.Cpu.dll")), Is.Null);
        });
    }

    [Test]
    public void Mismatch_CopyOfAnotherVersion_NamesBothAndTheFix()
    {
        using var folder = new TemporaryFolder();
        new EmittedPlugin { IsDeclared = false, Version = new Version(9, 0, 0, 0) }.Write(folder.Root, "FusedMoe.Cpu");
        var shared = new SharedAssemblies([Path.Combine(BuiltPlugins.CpuExperts, "FusedMoe.Cpu.dll")]);
        var loaded = shared.Resolve(new AssemblyName("FusedMoe.Cpu"))!;
        var version = loaded.GetName().Version;

        Assert.That(shared.Mismatch(Path.Combine(folder.Root, "mine.dll")), Is.EqualTo(
            $"FusedMoe.Cpu beside mine.dll must be version {version} (shared from {loaded.Location}), got 9.0.0.0; " +
            $"rebuild the plugin against {version}."));
    }

    [Test]
    public void Resolve_ExtensionsOfTheHost_AreTheHosts()
    {
        var shared = new SharedAssemblies([]);

        Assert.Multiple(() =>
        {
            Assert.That(
                shared.Resolve(new AssemblyName("Microsoft.Extensions.Options")),
                Is.SameAs(typeof(Microsoft.Extensions.Options.IOptions<>).Assembly));
            Assert.That(shared.Resolve(new AssemblyName("Microsoft.Extensions.NotThere")), Is.Null);
            Assert.That(shared.Resolve(new AssemblyName("SomebodyElse")), Is.Null);
        });
    }
}
