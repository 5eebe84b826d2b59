using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>
/// At start: no two stages of a kind share a name, and every section of plugin options belongs to a plugin. Priorities may
/// name stages that are not loaded here; those are warned about.
/// </summary>
internal sealed class PluginNamesValidator(IServiceProvider services, FusedMoeOptionsBinder binder)
    : IValidateOptions<FusedMoeOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FusedMoeOptions options)
    {
        if (!binder.CanLoadPlugins(options.Plugins))
        {
            return ValidateOptionsResult.Skip;
        }

        // NOTE: resolved here, not injected: stages may ask for options while the catalog is built.
        var catalog = services.GetRequiredService<PluginCatalog>();
        var problems = catalog.DuplicateNames().Concat(ForeignSections(catalog, options)).ToArray();
        catalog.WarnAboutPriorities(ForeignPriorities(catalog, options.Composer.Priority));
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> ForeignSections(PluginCatalog catalog, FusedMoeOptions options)
    {
        // A plugin that failed to load has no name to compare with; its section must not add a second error.
        if (options.PluginOptions is not { } section || catalog.Plugins.Any(p => !p.IsLoaded))
        {
            return [];
        }

        var names = catalog.Plugins.Select(p => p.Name).ToArray();
        return section.GetChildren()
            .Where(c => !names.Contains(c.Key, StringComparer.OrdinalIgnoreCase))
            .Select(c => $"{c.Path} is unknown; loaded plugins are {(names.Length == 0 ? "none" : string.Join(", ", names))}.");
    }

    private IEnumerable<string> ForeignPriorities(PluginCatalog catalog, PriorityOptions priority)
    {
        // The built-in order names stages that an application may not have; only what somebody wrote is looked at.
        return new[]
        {
            (Key: nameof(priority.Router), Kind: StageKind.Router, Names: priority.Router),
            (Key: nameof(priority.PrepareAndFinalize), Kind: StageKind.PrepareFinalize, Names: priority.PrepareAndFinalize),
            (Key: nameof(priority.Experts), Kind: StageKind.Experts, Names: priority.Experts),
        }.Where(list => binder.IsWritten($"Composer:Priority:{list.Key}")).SelectMany(list =>
        {
            var known = catalog.Stages.Where(s => s.Kind == list.Kind).Select(s => s.Name).ToArray();
            return list.Names.Select((name, i) => (name, i))
                .Where(n => !known.Contains(n.name, StringComparer.OrdinalIgnoreCase))
                .Select(n => $"{binder.Path}:Composer:Priority:{list.Key}:{n.i} is '{n.name}'; no loaded stage has this name, "
                    + $"known: {(known.Length == 0 ? "none" : string.Join(", ", known))}.");
        });
    }
}
