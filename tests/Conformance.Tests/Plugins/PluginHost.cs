using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Conformance.Tests;

/// <summary>The runtime over built plugins, which are loaded from their output folders and never referenced.</summary>
internal sealed class PluginHost
{
    private static readonly Lazy<PluginHost> Loaded = new(
        () => new PluginHost(
            "src/PrepareFinalize",
            "src/Experts.Cpu",
            "src/Experts.Triton",
            "src/Experts.Cutlass",
            "tests/SamplePlugin",
            "tests/SamplePluginWrong"));

    private PluginHost(params string[] projects)
    {
        var folders = projects.Select(
            (p, i) => KeyValuePair.Create($"FusedMoe:Plugins:Folders:{i}", (string?)Output(p)));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(folders).Build();
        Services = new ServiceCollection()
            .AddSingleton<IComputeDeviceProvider, DescribedGpuProvider>()
            .AddFusedMoe(configuration.GetSection("FusedMoe"))
            .BuildServiceProvider();
        Device = Services.GetServices<IComputeDeviceProvider>().First(d => d.Kind == DeviceKind.Cpu).Open(0);
    }

    /// <summary>One host for all tests of the process; cases keep using it after discovery.</summary>
    public static PluginHost Shared => Loaded.Value;

    public IServiceProvider Services { get; }

    public IComputeDevice Device { get; }

    private static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (here.Name, here.Parent!.Name);
        while (!File.Exists(Path.Combine(here.FullName, "Plugins.sln")))
        {
            here = here.Parent ?? throw new DirectoryNotFoundException(
                $"No Plugins.sln above {AppContext.BaseDirectory}.");
        }

        return Path.Combine(here.FullName, project, "bin", configuration, framework);
    }
}
