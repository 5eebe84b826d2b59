using Microsoft.Extensions.Configuration;

namespace FusedMoe.Runtime;

/// <summary>
/// Everything under the configuration section <c>FusedMoe</c>. An unknown key anywhere in it is an error at start.
/// </summary>
public sealed class FusedMoeOptions
{
    /// <summary>The section these options are bound from.</summary>
    public const string SectionName = "FusedMoe";

    /// <summary>Which plugins are loaded.</summary>
    public PluginLoadOptions Plugins { get; set; } = new();

    /// <summary>Where and how layers run.</summary>
    public DeploymentOptions Deployment { get; set; } = new();

    /// <summary>How chains are chosen.</summary>
    public ComposerOptions Composer { get; set; } = new();

    /// <summary>One section a plugin, by the plugin's name, handed to it as it is; null when there are none.</summary>
    public IConfigurationSection? PluginOptions { get; set; }
}
