namespace FusedMoe;

/// <summary>What is loaded, from where, and what failed.</summary>
public interface IMoePluginCatalog
{
    /// <summary>Every plugin found, loaded or not, in load order.</summary>
    IReadOnlyList<PluginReport> Plugins { get; }

    /// <summary>Every router, prepare/finalize and experts descriptor loaded.</summary>
    IReadOnlyList<IStageDescriptor> Stages { get; }

    /// <summary>Device providers by registration.</summary>
    IReadOnlyList<IComputeDeviceProvider> DeviceProviders { get; }

    /// <summary>The name of the plugin that offers <paramref name="stage"/>.</summary>
    string PluginOf(IStageDescriptor stage);
}
