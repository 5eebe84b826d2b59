using Microsoft.Extensions.Logging;

namespace FusedMoe.Runtime.Tests.Fakes;

/// <summary>Keeps the text of warnings and errors.</summary>
internal sealed class MessageCollector(List<string> messages) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            messages.Add(formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}
