namespace FusedMoe.Host.Output;

/// <summary>A result file that is written whole or not at all.</summary>
internal static class OutputFile
{
    /// <summary>Fails before any long work when <paramref name="path"/> cannot be written later.</summary>
    /// <exception cref="OutputPathException">The folder is missing or closed to us.</exception>
    public static void Probe(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var probe = Path.Combine(folder, $".fusedmoe-{Environment.ProcessId}.probe");
        Guard(path, () =>
        {
            File.WriteAllText(probe, string.Empty);
            File.Delete(probe);
        });
    }

    /// <summary>Writes a scratch file beside <paramref name="path"/> and renames it.</summary>
    /// <exception cref="OutputPathException">The file cannot be written.</exception>
    public static void Write(string path, string content) => Replace(path, scratch => File.WriteAllText(scratch, content));

    /// <summary>Lets <paramref name="write"/> fill a scratch file beside <paramref name="path"/>, then renames it.</summary>
    /// <exception cref="OutputPathException">The file cannot be written.</exception>
    public static void Replace(string path, Action<string> write)
    {
        var scratch = $"{path}.{Environment.ProcessId}.tmp";
        Guard(path, () =>
        {
            write(scratch);
            File.Move(scratch, path, overwrite: true);
        });
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new OutputPathException(path, e);
        }
    }
}
