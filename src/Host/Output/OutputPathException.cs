namespace FusedMoe.Host.Output;

/// <summary>A result cannot be written where the user wants it.</summary>
internal sealed class OutputPathException(string path, Exception cause)
    : Exception($"Output file '{path}' must be writable, got: {cause.Message.TrimEnd('.')}; choose another path.", cause);
