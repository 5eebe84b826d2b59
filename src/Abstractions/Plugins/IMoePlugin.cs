namespace FusedMoe;

/// <summary>The entry of a plugin assembly.</summary>
public interface IMoePlugin
{
    /// <summary>
    /// Kebab-case name, unique among loaded plugins; also the plugin's section under <c>FusedMoe:PluginOptions</c>.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// Registers descriptors, device providers, device services and the plugin's own services. Touches no device.
    /// </summary>
    void Configure(IMoePluginBuilder builder);
}
