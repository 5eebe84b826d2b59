using Microsoft.Extensions.Logging;

namespace FusedMoe.Host.Output;

/// <summary>One category of <see cref="ErrorLogProvider"/>.</summary>
internal sealed class ErrorLog(string category, TextWriter error) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var word = logLevel switch
        {
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
        var cause = exception is null ? string.Empty : $" {exception.GetType().Name}: {exception.Message}";
        error.WriteLine($"{word}: {category}[{eventId.Id}] {formatter(state, exception)}{cause}");
    }
}
