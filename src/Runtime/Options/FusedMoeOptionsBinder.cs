using Microsoft.Extensions.Configuration;

namespace FusedMoe.Runtime;

/// <summary>Binds a section to <see cref="FusedMoeOptions"/> when its shape allows it.</summary>
internal sealed class FusedMoeOptionsBinder
{
    private readonly IConfigurationSection _section;
    private readonly SectionProblem[] _problems;

    /// <summary>Reads the section's shape.</summary>
    public FusedMoeOptionsBinder(IConfigurationSection section)
    {
        _section = section;
        _problems = SectionShape.Problems(section, typeof(FusedMoeOptions)).ToArray();
        Problems = [.. _problems.Select(p => p.Text)];
    }

    /// <summary>Unknown keys and values that do not parse; nothing is bound while there are any.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Path of the section, the prefix of every key in messages.</summary>
    public string Path => _section.Path;

    /// <summary>True when no problem stands in the way of loading plugins.</summary>
    public bool CanLoadPlugins(PluginLoadOptions plugins) =>
        Problems.Count == 0 && !PluginLoadOptionsValidator.Problems(plugins, Path).Any();

    /// <summary>True when the section has this key.</summary>
    public bool IsWritten(string key) => _section.GetSection(key).Exists();

    /// <summary>
    /// Limits that the values of other keys do not keep, when <see cref="Problems"/> stand in the way of binding.
    /// </summary>
    public IEnumerable<string> ProblemsOfTheRest()
    {
        var rest = _section.AsEnumerable()
            .Where(pair => !_problems.Any(p => pair.Key.Equals(p.Key, StringComparison.OrdinalIgnoreCase)
                || pair.Key.StartsWith($"{p.Key}:", StringComparison.OrdinalIgnoreCase)))
            .ToArray();
        var options = new FusedMoeOptions();
        Bind(options, new ConfigurationBuilder().AddInMemoryCollection(rest).Build().GetSection(Path));

        // What nobody wrote has its default and is nobody's mistake.
        return FusedMoeOptionsValidator.Problems(options, Path)
            .Where(problem => rest.Any(pair =>
                pair.Value is not null && problem.StartsWith($"{pair.Key} ", StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Sets <paramref name="options"/> from the section.</summary>
    public void Bind(FusedMoeOptions options)
    {
        if (Problems.Count == 0)
        {
            Bind(options, _section);
        }
    }

    private static void Bind(FusedMoeOptions options, IConfigurationSection section)
    {
        // NOTE: the binder appends to a list that has items, so a configured list would follow the default one.
        options.Plugins.Folders = ListOr(section, options.Plugins.Folders, "Plugins:Folders");
        options.Composer.TuningFolders = ListOr(section, options.Composer.TuningFolders, "Composer:TuningFolders");
        var priority = options.Composer.Priority;
        priority.Router = ListOr(section, priority.Router, "Composer:Priority:Router");
        priority.PrepareAndFinalize = ListOr(section, priority.PrepareAndFinalize, "Composer:Priority:PrepareAndFinalize");
        priority.Experts = ListOr(section, priority.Experts, "Composer:Priority:Experts");
        section.Bind(options);
    }

    private static IList<string> ListOr(IConfigurationSection section, IList<string> defaults, string key) =>
        section.GetSection(key).Exists() ? new List<string>() : defaults;
}
