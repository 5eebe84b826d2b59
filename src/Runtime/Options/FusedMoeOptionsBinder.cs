using Microsoft.Extensions.Configuration;

namespace FusedMoe.Runtime;

/// <summary>Binds a section to <see cref="FusedMoeOptions"/> when its shape allows it.</summary>
internal sealed class FusedMoeOptionsBinder
{
    private readonly IConfigurationSection _section;

    /// <summary>Reads the section's shape.</summary>
    public FusedMoeOptionsBinder(IConfigurationSection section)
    {
        _section = section;
        Problems = SectionShape.Problems(section, typeof(FusedMoeOptions)).ToArray();
    }

    /// <summary>Unknown keys and values that do not parse; nothing is bound while there are any.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Path of the section, the prefix of every key in messages.</summary>
    public string Path => _section.Path;

    /// <summary>True when no problem stands in the way of loading plugins.</summary>
    public bool CanLoadPlugins(PluginLoadOptions plugins) =>
        Problems.Count == 0 && !PluginLoadOptionsValidator.Problems(plugins, Path).Any();

    /// <summary>Sets <paramref name="options"/> from the section.</summary>
    public void Bind(FusedMoeOptions options)
    {
        if (Problems.Count > 0)
        {
            return;
        }

        // NOTE: the binder appends to a list that has items, so a configured list would follow the default one.
        options.Plugins.Folders = ListOr(options.Plugins.Folders, "Plugins:Folders");
        options.Composer.TuningFolders = ListOr(options.Composer.TuningFolders, "Composer:TuningFolders");
        var priority = options.Composer.Priority;
        priority.Router = ListOr(priority.Router, "Composer:Priority:Router");
        priority.PrepareAndFinalize = ListOr(priority.PrepareAndFinalize, "Composer:Priority:PrepareAndFinalize");
        priority.Experts = ListOr(priority.Experts, "Composer:Priority:Experts");
        _section.Bind(options);
    }

    private IList<string> ListOr(IList<string> defaults, string key) =>
        _section.GetSection(key).Exists() ? new List<string>() : defaults;
}
