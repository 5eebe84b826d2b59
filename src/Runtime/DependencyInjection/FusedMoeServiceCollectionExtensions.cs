using FusedMoe;
using FusedMoe.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds fused mixture-of-experts layers to an application.</summary>
public static class FusedMoeServiceCollectionExtensions
{
    /// <summary>
    /// Loads the plugins that <paramref name="section"/> names and registers <see cref="IMoePluginCatalog"/>,
    /// <see cref="IMoeKernelComposer"/> and <see cref="DeploymentSpecFactory"/>. Options are validated by
    /// <see cref="IStartupValidator"/> and again when composing; a section with problems loads no plugin.
    /// </summary>
    /// <param name="services">The application's services; call once.</param>
    /// <param name="section">The section <c>FusedMoe</c>; may be empty.</param>
    /// <exception cref="InvalidOperationException">FusedMoe is added already.</exception>
    public static IServiceCollection AddFusedMoe(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        if (services.Any(s => s.ServiceType == typeof(FusedMoeOptionsBinder)))
        {
            throw new InvalidOperationException("AddFusedMoe must be called once, got a second call; remove it.");
        }

        var binder = new FusedMoeOptionsBinder(section);
        services.AddLogging();
        AddOptions(services, binder);
        AddPlugins(services, binder, section);
        AddComposition(services);
        return services;
    }

    private static void AddOptions(IServiceCollection services, FusedMoeOptionsBinder binder)
    {
        services.AddSingleton(binder);
        services.AddOptions<FusedMoeOptions>().Configure(binder.Bind).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FusedMoeOptions>, FusedMoeOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FusedMoeOptions>, PluginNamesValidator>());
    }

    private static void AddPlugins(IServiceCollection services, FusedMoeOptionsBinder binder, IConfigurationSection section)
    {
        var options = new FusedMoeOptions();
        binder.Bind(options);
        var sections = section.GetSection(nameof(FusedMoeOptions.PluginOptions));
        var loaded = binder.CanLoadPlugins(options.Plugins)
            ? new PluginLoader(options.Plugins, sections).Load(services)
            : new LoadedPlugins();
        services.AddSingleton(loaded);
        services.TryAddSingleton<PluginCatalog>();
        services.TryAddSingleton<IMoePluginCatalog>(s => s.GetRequiredService<PluginCatalog>());
    }

    private static void AddComposition(IServiceCollection services)
    {
        services.TryAddSingleton<DeploymentSpecFactory>();
        services.TryAddSingleton<MeasuredTables>();
        services.TryAddSingleton<MoeKernelBuilder>();
        services.TryAddSingleton<IMoeKernelComposer, MoeKernelComposer>();
    }
}
