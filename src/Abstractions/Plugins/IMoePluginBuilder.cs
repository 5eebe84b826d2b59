using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe;

/// <summary>
/// What a plugin registers through: an ordinary service collection and the plugin's own configuration.
/// </summary>
public interface IMoePluginBuilder
{
    /// <summary>Singletons registered here live in the application's container.</summary>
    IServiceCollection Services { get; }

    /// <summary>The section <c>FusedMoe:PluginOptions:{name}</c>; empty when configuration has none.</summary>
    IConfigurationSection Configuration { get; }
}
