using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime;

internal sealed partial class MeasuredTables
{
    [LoggerMessage(20, LogLevel.Warning, "A measured table is ignored: {Reason}")]
    private static partial void LogIgnored(ILogger logger, string reason);

    [LoggerMessage(
        21,
        LogLevel.Warning,
        "A measured configuration is ignored: configuration of '{Experts}' in {Source} must be one that its kernels have, got "
        + "'{Configuration}'; run 'fusedmoe tune' again.")]
    private static partial void LogUnknown(ILogger logger, string source, string experts, string configuration);
}
