using Microsoft.Extensions.Logging;

namespace FusedMoe.Host.Output;

/// <summary>
/// Writes messages to the error stream, one a line: <c>warn: category[id] message</c>. The console logger of
/// Microsoft.Extensions starts a thread and binds options, which a cold start would wait for.
/// </summary>
internal sealed class ErrorLogProvider(TextWriter error) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new ErrorLog(categoryName, error);

    public void Dispose()
    {
    }
}
