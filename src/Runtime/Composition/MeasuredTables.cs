using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime;

/// <summary>
/// Measured tables of the configured folders, read once a device. A damaged file is logged and left out.
/// </summary>
internal sealed partial class MeasuredTables(IOptions<FusedMoeOptions> options, ILogger<MeasuredTables> logger)
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<TuningTable>> _byDevice = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Source, string Experts, string Configuration), bool> _unknown = [];

    /// <summary>The table for a problem, from the first folder that has one; null when none was measured.</summary>
    public TuningTable? Find(RankProblem problem)
    {
        var key = TuningTable.For(problem, []);
        return _byDevice.GetOrAdd(problem.Deployment.Device.Name, Load)
            .FirstOrDefault(t => t.Entries.Count > 0 && t.IsSameProblem(key));
    }

    /// <summary>Logs, once a name, that a table names a configuration that its backend does not have.</summary>
    public void ReportUnknown(string source, string experts, string configuration)
    {
        if (_unknown.TryAdd((source, experts, configuration), true))
        {
            LogUnknown(logger, source, experts, configuration);
        }
    }

    private List<TuningTable> Load(string device)
    {
        var tables = new List<TuningTable>();
        foreach (var root in options.Value.Composer.TuningFolders)
        {
            var folder = TuningFile.FolderOf(PluginLoadOptions.FullPath(root), device);
            var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
            foreach (var path in files.Order(StringComparer.Ordinal))
            {
                Add(path, device, tables);
            }
        }

        return tables;
    }

    private void Add(string path, string device, List<TuningTable> tables)
    {
        try
        {
            var file = TuningFile.Load(path);
            if (file.Device == device)
            {
                tables.AddRange(file.Tables);
            }
            else
            {
                LogIgnored(
                    logger, $"device of {path} must be '{device}', got '{file.Device}'; move it to that device's folder.");
            }
        }
        catch (InvalidDataException e)
        {
            LogIgnored(logger, e.Message);
        }
    }
}
