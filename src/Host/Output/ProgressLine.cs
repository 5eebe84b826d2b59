using System.Diagnostics;

namespace FusedMoe.Host.Output;

/// <summary>
/// Progress of work that may take more than a second: one line on standard error, rewritten in place on a terminal, a new
/// line every five seconds elsewhere. Quick work prints nothing.
/// </summary>
internal sealed class ProgressLine(TextWriter error) : IDisposable
{
    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private long _lastShown;
    private int _shownLength;

    /// <summary>Says what is going on.</summary>
    public void Report(string text)
    {
        var now = _sinceStart.ElapsedMilliseconds;
        if (now < 1000 || now - _lastShown < (_isTerminal ? 100 : 5000))
        {
            return;
        }

        _lastShown = now;
        if (_isTerminal)
        {
            error.Write($"\r{text.PadRight(_shownLength)}");
            _shownLength = text.Length;
        }
        else
        {
            error.WriteLine(text);
        }
    }

    public void Dispose()
    {
        if (_shownLength > 0)
        {
            error.Write($"\r{new string(' ', _shownLength)}\r");
        }
    }
}
