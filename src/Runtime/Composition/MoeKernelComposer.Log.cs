using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime;

internal sealed partial class MoeKernelComposer
{
    [LoggerMessage(10, LogLevel.Warning, "{Because}")]
    private static partial void LogFallback(ILogger logger, string because);

    [LoggerMessage(11, LogLevel.Debug, "Chose {Chain}: {Because}")]
    private static partial void LogChosen(ILogger logger, string chain, string because);
}
