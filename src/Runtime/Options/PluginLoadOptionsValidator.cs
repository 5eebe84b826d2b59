namespace FusedMoe.Runtime;

/// <summary>Limits of <see cref="PluginLoadOptions"/>.</summary>
internal static class PluginLoadOptionsValidator
{
    /// <summary>Every problem, with key path, value and limit.</summary>
    public static IEnumerable<string> Problems(PluginLoadOptions options, string path)
    {
        for (var i = 0; i < options.Folders.Count; i++)
        {
            var folder = options.Folders[i];
            if (!PluginLoadOptions.IsPath(folder))
            {
                yield return $"{path}:Folders:{i} is '{folder}'; must be the path of a folder.";
            }
            else if (!Directory.Exists(PluginLoadOptions.FullPath(folder)))
            {
                var full = PluginLoadOptions.FullPath(folder);
                yield return $"{path}:Folders:{i} is '{folder}'; must be an existing folder, {full} is not.";
            }
        }

        foreach (var (file, hash) in options.Sha256)
        {
            if (hash is not { Length: 64 } || !hash.All(char.IsAsciiHexDigit))
            {
                yield return $"{path}:Sha256:{file} is '{hash}'; must be 64 hexadecimal digits.";
            }

            if (!file.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || Path.GetFileName(file) != file)
            {
                yield return $"{path}:Sha256:{file} names '{file}'; must be the file name of an assembly, like plugin.dll.";
            }
        }
    }
}
