using FusedMoe.Host.Output;
using FusedMoe.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FusedMoe.Host;

/// <summary>Configuration, container and what every verb asks of them. Options are validated before it is returned.</summary>
internal sealed class HostSession : IDisposable
{
    private readonly ServiceProvider _services;

    private HostSession(ServiceProvider services) => _services = services;

    /// <summary>The folder of the plugins that ship with the host.</summary>
    public static string BuiltInPlugins => Path.Combine(AppContext.BaseDirectory, "plugins");

    public IServiceProvider Services => _services;

    public IMoePluginCatalog Catalog => _services.GetRequiredService<IMoePluginCatalog>();

    public IMoeKernelComposer Composer => _services.GetRequiredService<IMoeKernelComposer>();

    /// <summary>
    /// Settings, best first: environment (<c>FusedMoe__…</c>), <paramref name="configFile"/>, appsettings.json here, ours.
    /// </summary>
    /// <exception cref="OptionsValidationException">Settings are wrong; every problem is listed.</exception>
    public static HostSession Open(string? configFile, IEnumerable<string> pluginFolders)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging
            .SetMinimumLevel(LogLevel.Warning)
            .AddProvider(new ErrorLogProvider(TextWriter.Synchronized(Console.Error))));
        services.AddFusedMoe(Configure(configFile, pluginFolders).GetSection(FusedMoeOptions.SectionName));
        var provider = services.BuildServiceProvider(validateScopes: true);
        try
        {
            provider.GetService<IStartupValidator>()?.Validate();
            return new HostSession(provider);
        }
        catch
        {
            provider.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The configured deployment on <paramref name="device"/>, with room for <paramref name="maxTokens"/> tokens.
    /// </summary>
    public DeploymentSpec Deployment(string? device, int? maxTokens = null)
    {
        var deployment = _services.GetRequiredService<DeploymentSpecFactory>().Create(device);
        return maxTokens is { } tokens ? deployment with { MaxTokens = tokens } : deployment;
    }

    /// <summary>The same for a verb that cannot do anything without the device.</summary>
    /// <exception cref="DeviceAbsentException">The device is not there; has every reason.</exception>
    public DeploymentSpec PresentDeployment(string? device, int? maxTokens = null)
    {
        var deployment = Deployment(device, maxTokens);
        var reasons = _services.GetRequiredService<DeploymentSpecFactory>().AbsenceOf(deployment.Device.Id);
        return reasons.Count == 0 ? deployment : throw new DeviceAbsentException(reasons);
    }

    /// <summary>Opens the device of <paramref name="deployment"/>. Its provider owns it.</summary>
    public IComputeDevice OpenDevice(DeploymentSpec deployment)
    {
        var id = deployment.Device.Id;
        var provider = Catalog.DeviceProviders.First(p => p.Kind == id.Kind && p.Discover().Devices.Any(d => d.Id == id));
        return provider.Open(id.Index);
    }

    public void Dispose() => _services.Dispose();

    private static IConfigurationRoot Configure(string? configFile, IEnumerable<string> pluginFolders)
    {
        var home = AppContext.BaseDirectory;
        var builder = new ConfigurationBuilder()
            .AddInMemoryCollection([new("FusedMoe:Plugins:Folders:built-in", BuiltInPlugins)])
            .AddJsonFile(Path.Combine(home, "appsettings.json"), optional: false);
        var here = Path.GetFullPath("appsettings.json");
        if (!string.Equals(here, Path.Combine(home, "appsettings.json"), StringComparison.Ordinal))
        {
            builder.AddJsonFile(here, optional: true);
        }

        if (configFile is not null)
        {
            builder.AddJsonFile(
                File.Exists(configFile)
                    ? Path.GetFullPath(configFile)
                    : throw new ArgumentException(
                        $"--config must be an existing file, "
                        + $"got '{configFile}'{(Directory.Exists(configFile) ? " (a folder)" : "")}."),
                optional: false);
        }

        builder.AddEnvironmentVariables();
        builder.AddInMemoryCollection(pluginFolders.Select((folder, i) =>
            new KeyValuePair<string, string?>($"FusedMoe:Plugins:Folders:argument-{i}", Path.GetFullPath(folder))));
        return Build(builder);
    }

    private static IConfigurationRoot Build(IConfigurationBuilder builder)
    {
        try
        {
            var configuration = builder.Build();
            var problems = SettingsFiles.Problems(configuration).ToArray();
            return problems.Length == 0 ? configuration : throw new OptionsValidationException(
                FusedMoeOptions.SectionName, typeof(FusedMoeOptions), problems);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{e.Message} It must be a JSON object, got: {e.GetBaseException().Message}", e);
        }
    }
}
