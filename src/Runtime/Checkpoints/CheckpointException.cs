namespace FusedMoe.Runtime.Checkpoints;

/// <summary>
/// A checkpoint cannot be read: a file is missing, damaged or of an unknown kind. The text names the file, the thing in
/// it, its value and the fix. Nothing is loaded half when it is thrown.
/// </summary>
public sealed class CheckpointException : Exception
{
    private const int LongestName = 120;

    /// <summary>Builds the error.</summary>
    /// <param name="file">File or folder that cannot be used.</param>
    /// <param name="message">The whole text, file included.</param>
    /// <param name="inner">What the operating system or the JSON parser said, or null.</param>
    public CheckpointException(string file, string message, Exception? inner = null)
        : base(message, inner) => File = file;

    /// <summary>File or folder that cannot be used.</summary>
    public string File { get; }

    internal static CheckpointException Must(
        string file, string subject, string required, string actual, string remedy, Exception? inner = null) =>
        new(file, $"{file}: {subject} must {required}, got {actual}; {remedy}.", inner);

    /// <summary>A name from a file, safe to print: at most 120 characters, no control characters.</summary>
    internal static string Quote(string name)
    {
        var text = name.Length > LongestName ? string.Concat(name.AsSpan(0, LongestName), "…") : name;
        return $"'{string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))}'";
    }
}
