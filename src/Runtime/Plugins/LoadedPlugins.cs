using System.Reflection;
using System.Runtime.Loader;

namespace FusedMoe.Runtime;

/// <summary>The outcome of loading: a report a file, and the plugin of each load context.</summary>
internal sealed class LoadedPlugins
{
    private readonly List<PluginReport> _reports = [];
    private readonly Dictionary<AssemblyLoadContext, PluginReport> _byContext = [];

    /// <summary>Every plugin found, loaded or not, in load order.</summary>
    public IReadOnlyList<PluginReport> Reports => _reports;

    /// <summary>Adds the report of a file; <paramref name="assembly"/> when it loaded.</summary>
    public void Add(PluginReport report, Assembly? assembly = null)
    {
        _reports.Add(report);
        if (assembly is not null)
        {
            _byContext[AssemblyLoadContext.GetLoadContext(assembly)!] = report;
        }
    }

    /// <summary>The plugin that <paramref name="type"/> belongs to; null for the application's own types.</summary>
    public PluginReport? PluginOf(Type type) =>
        AssemblyLoadContext.GetLoadContext(type.Assembly) is { } context ? _byContext.GetValueOrDefault(context) : null;
}
