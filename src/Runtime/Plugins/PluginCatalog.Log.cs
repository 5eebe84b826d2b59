using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime;

internal sealed partial class PluginCatalog
{
    [LoggerMessage(1, LogLevel.Information, "Plugin '{Name}' {Version} is loaded from {Path}.")]
    private static partial void LogLoaded(ILogger logger, string name, string? version, string path);

    [LoggerMessage(2, LogLevel.Error, "Plugin {Path} is not loaded: {Failure}")]
    private static partial void LogFailed(ILogger logger, string path, string failure);

    [LoggerMessage(3, LogLevel.Warning, "{Problem}")]
    private static partial void LogPriority(ILogger logger, string problem);
}
