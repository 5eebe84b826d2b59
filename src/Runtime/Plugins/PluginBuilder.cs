using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FusedMoe.Runtime;

/// <summary>
/// Collects what one plugin registers; appended to the application's services only when all of it succeeded.
/// </summary>
internal sealed class PluginBuilder(IConfigurationSection configuration) : IMoePluginBuilder
{
    /// <inheritdoc/>
    public IServiceCollection Services { get; } = new ServiceCollection();

    /// <inheritdoc/>
    public IConfigurationSection Configuration { get; } = configuration;
}
