using FusedMoe.Runtime.Tests.Plugins;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime.Tests.Integration;

/// <summary>A host that loads the built-in CPU plugins and the sample from their folders, as a stranger's would be.</summary>
internal sealed class BuiltInHost : IDisposable
{
    private readonly ServiceProvider _services;

    public BuiltInHost()
    {
        string[] folders =
            [BuiltPlugins.PrepareFinalize, BuiltPlugins.CpuExperts, BuiltPlugins.Sample, BuiltPlugins.SampleWrong];
        var settings = folders.Select((f, i) => new KeyValuePair<string, string?>($"FusedMoe:Plugins:Folders:{i}", f));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddFusedMoe(configuration.GetSection(FusedMoeOptions.SectionName));
        _services = services.BuildServiceProvider();
        _services.GetRequiredService<IStartupValidator>().Validate();
        Device = Catalog.DeviceProviders.Single(p => p.Kind == DeviceKind.Cpu).Open(0);
    }

    public IMoePluginCatalog Catalog => _services.GetRequiredService<IMoePluginCatalog>();

    public IMoeKernelComposer Composer => _services.GetRequiredService<IMoeKernelComposer>();

    public ICommunicatorGroupFactory Groups =>
        _services.GetServices<ICommunicatorGroupFactory>().Single(g => g.DeviceKind == DeviceKind.Cpu);

    public IComputeDevice Device { get; }

    public DeploymentSpec Deployment => new() { Device = Device.Traits, MaxTokens = 32 };

    public void Dispose() => _services.Dispose();
}
