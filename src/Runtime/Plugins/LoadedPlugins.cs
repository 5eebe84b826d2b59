using System.Reflection;
using System.Runtime.Loader;

namespace FusedMoe.Runtime;

/// <summary>The outcome of loading: a report a file, and the plugin of each load context.</summary>
internal sealed class LoadedPlugins
{
    private readonly List<PluginReport> _reports = [];
    private readonly Dictionary<AssemblyLoadContext, string> _pathByContext = [];

    /// <summary>Every plugin found, loaded or not, in load order.</summary>
    public IReadOnlyList<PluginReport> Reports => _reports;

    /// <summary>Adds the report of a file; <paramref name="assembly"/> when it loaded.</summary>
    public void Add(PluginReport report, Assembly? assembly = null)
    {
        _reports.Add(report);
        if (assembly is not null)
        {
            _pathByContext[AssemblyLoadContext.GetLoadContext(assembly)!] = report.Path;
        }
    }

    /// <summary>Marks a plugin whose stages could not be constructed; its first failure stays.</summary>
    public void Fail(string path, string failure)
    {
        var index = _reports.FindIndex(r => r.Path == path);
        if (_reports[index].IsLoaded)
        {
            _reports[index] = _reports[index] with { Failure = failure };
        }
    }

    /// <summary>The plugin that <paramref name="type"/> belongs to; null for the application's own types.</summary>
    public PluginReport? PluginOf(Type type) =>
        AssemblyLoadContext.GetLoadContext(type.Assembly) is { } context && _pathByContext.TryGetValue(context, out var path)
            ? _reports.First(r => r.Path == path)
            : null;
}
