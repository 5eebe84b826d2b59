using FusedMoe.Runtime.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class GuardedRegistrationTests
{
    private const string Path = "/plugins/mine.dll";

    [Test]
    public void Of_ConstructorThrows_IsThePluginsFailureAndNotListed()
    {
        var catalog = Catalog(ServiceDescriptor.Singleton<IFusedExpertsDescriptor>(_ => throw new IOException("gone")));

        Assert.Multiple(() =>
        {
            Assert.That(catalog.Plugins.Single().Failure, Is.EqualTo(
                "IFusedExpertsDescriptor of plugin 'mine' (mine.dll) threw IOException: gone"));
            Assert.That(catalog.Stages.Select(s => s.Name), Is.EqualTo(new[] { "topk" }));
        });
    }

    [Test]
    public void Of_DependencyIsMissing_NamesTheStageAndTheService()
    {
        var catalog = Catalog(ServiceDescriptor.Singleton<IComputeDeviceProvider, FakeDeviceProvider>());

        Assert.Multiple(() =>
        {
            Assert.That(catalog.Plugins.Single().Failure, Does.StartWith(
                "FusedMoe.Runtime.Tests.Fakes.FakeDeviceProvider of plugin 'mine' (mine.dll) threw " +
                "InvalidOperationException: Unable to resolve service"));
            Assert.That(catalog.DeviceProviders, Is.Empty);
        });
    }

    [Test]
    public void Of_SoundStage_IsOneObjectHoweverOftenAsked()
    {
        var registration = GuardedRegistration.Of(
            ServiceDescriptor.Singleton<IRouterDescriptor>(_ => new FakeRouterDescriptor("mine")), "'mine'", Assert.Fail);
        IServiceCollection collection = new ServiceCollection();
        collection.Add(registration);
        var services = collection.BuildServiceProvider();

        Assert.That(
            services.GetRequiredService<IRouterDescriptor>(), Is.SameAs(services.GetServices<IRouterDescriptor>().Single()));
    }

    private static PluginCatalog Catalog(ServiceDescriptor broken)
    {
        var loaded = new LoadedPlugins();
        loaded.Add(new PluginReport("mine", Path, "1.0.0.0", null, null));
        IServiceCollection collection = new ServiceCollection();
        collection.AddSingleton<IRouterDescriptor>(new FakeRouterDescriptor());
        collection.Add(GuardedRegistration.Of(broken, "'mine' (mine.dll)", failure => loaded.Fail(Path, failure)));
        var services = collection.BuildServiceProvider();
        return new PluginCatalog(
            loaded,
            services.GetServices<IRouterDescriptor>(),
            services.GetServices<IPrepareAndFinalizeDescriptor>(),
            services.GetServices<IFusedExpertsDescriptor>(),
            services.GetServices<IComputeDeviceProvider>(),
            NullLogger<PluginCatalog>.Instance);
    }
}
