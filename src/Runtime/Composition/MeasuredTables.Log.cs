using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime;

internal sealed partial class MeasuredTables
{
    [LoggerMessage(20, LogLevel.Warning, "A measured table is ignored: {Reason}")]
    private static partial void LogIgnored(ILogger logger, string reason);
}
