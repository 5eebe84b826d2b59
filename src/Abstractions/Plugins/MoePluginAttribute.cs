namespace FusedMoe;

/// <summary>Declares that an assembly is a plugin.</summary>
/// <param name="pluginType">A public class with a parameterless constructor that implements
/// <see cref="IMoePlugin"/>.</param>
/// <param name="contractVersion"><see cref="MoeContract.Version"/> at the time the plugin was built.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class MoePluginAttribute(Type pluginType, string contractVersion) : Attribute
{
    /// <summary>The class to create.</summary>
    public Type PluginType { get; } = pluginType;

    /// <summary>The contract version the plugin was built against.</summary>
    public string ContractVersion { get; } = contractVersion;
}
