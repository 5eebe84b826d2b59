using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime;

/// <summary>What is loaded: reports, stages and device providers.</summary>
internal sealed partial class PluginCatalog : IMoePluginCatalog
{
    /// <summary>The name of stages that the application registered itself.</summary>
    public const string Application = "application";

    private readonly LoadedPlugins _loaded;
    private readonly ILogger _logger;

    /// <summary>Over what loading left and what the container holds.</summary>
    public PluginCatalog(
        LoadedPlugins loaded,
        IEnumerable<IRouterDescriptor> routers,
        IEnumerable<IPrepareAndFinalizeDescriptor> schemes,
        IEnumerable<IFusedExpertsDescriptor> experts,
        IEnumerable<IComputeDeviceProvider> devices,
        ILogger<PluginCatalog> logger)
    {
        (_loaded, _logger) = (loaded, logger);
        Stages = [.. routers.Concat<IStageDescriptor>(schemes).Concat(experts).Where(s => s is not FailedStage && IsServed(s))];
        DeviceProviders = [.. devices.Where(d => d is not FailedDevices && IsServed(d))];
        foreach (var report in loaded.Reports)
        {
            if (report.IsLoaded)
            {
                LogLoaded(logger, report.Name, report.Version, report.Path);
            }
            else
            {
                LogFailed(logger, report.Path, report.Failure!);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PluginReport> Plugins => _loaded.Reports;

    /// <inheritdoc/>
    public IReadOnlyList<IStageDescriptor> Stages { get; }

    /// <inheritdoc/>
    public IReadOnlyList<IComputeDeviceProvider> DeviceProviders { get; }

    /// <inheritdoc/>
    public string PluginOf(IStageDescriptor stage)
    {
        ArgumentNullException.ThrowIfNull(stage);
        return _loaded.PluginOf(stage.GetType())?.Name ?? Application;
    }

    /// <summary>Stages of one kind that share a name, one sentence each.</summary>
    public IEnumerable<string> DuplicateNames() => Stages
        .GroupBy(s => (s.Kind, Name: s.Name.ToUpperInvariant()))
        .Where(g => g.Count() > 1)
        .Select(g =>
            $"Two {StageWords.Of(g.Key.Kind)} stages are named '{g.First().Name}': "
            + $"{string.Join(", ", g.Select(FileOf))}; remove one.");

    /// <summary>Logs names of priorities that no stage has.</summary>
    public void WarnAboutPriorities(IEnumerable<string> problems)
    {
        foreach (var problem in problems)
        {
            LogPriority(_logger, problem);
        }
    }

    // A plugin that failed half way is not offered at all.
    private bool IsServed(object service) => _loaded.PluginOf(service.GetType())?.IsLoaded ?? true;

    private string FileOf(IStageDescriptor stage) =>
        _loaded.PluginOf(stage.GetType()) is { } report ? Path.GetFileName(report.Path) : Application;
}
