using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace FusedMoe.PrepareFinalize;

/// <summary>An interpolated text that is only built when a check failed, so that a call that holds allocates nothing.</summary>
[InterpolatedStringHandler]
internal readonly ref struct FailureText
{
    private readonly StringBuilder? _text;

    /// <summary>Says whether the parts are to be formatted.</summary>
    public FailureText(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = holds ? null : new StringBuilder(literalLength + (8 * formattedCount));
    }

    /// <summary>Adds a constant part.</summary>
    public void AppendLiteral(string value) => _text!.Append(value);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    /// <inheritdoc/>
    public override string ToString() => _text?.ToString() ?? string.Empty;
}
