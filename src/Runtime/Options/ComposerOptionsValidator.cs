namespace FusedMoe.Runtime;

/// <summary>
/// Limits of <see cref="ComposerOptions"/>. Whether a name exists is the composer's to say, with what is loaded.
/// </summary>
internal static class ComposerOptionsValidator
{
    /// <summary>Every problem, with key path, value and limit.</summary>
    public static IEnumerable<string> Problems(ComposerOptions options, string path)
    {
        foreach (var (key, name) in new[]
        {
            ("Router", options.Router), ("PrepareAndFinalize", options.PrepareAndFinalize), ("Experts", options.Experts),
        })
        {
            if (name is not null && !IsStageName(name))
            {
                yield return $"{path}:{key} is '{name}'; must be a stage's name of letters, digits and hyphens.";
            }
        }

        foreach (var problem in Lists(options, path))
        {
            yield return problem;
        }

        for (var i = 0; i < options.TuningFolders.Count; i++)
        {
            var folder = options.TuningFolders[i];
            if (!PluginLoadOptions.IsPath(folder) || !Directory.Exists(PluginLoadOptions.FullPath(folder)))
            {
                yield return $"{path}:TuningFolders:{i} is '{folder}'; must be an existing folder.";
            }
        }
    }

    private static IEnumerable<string> Lists(ComposerOptions options, string path)
    {
        foreach (var (key, names) in new[]
        {
            ("Router", options.Priority.Router), ("PrepareAndFinalize", options.Priority.PrepareAndFinalize),
            ("Experts", options.Priority.Experts),
        })
        {
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < names.Count; i++)
            {
                if (!IsStageName(names[i]))
                {
                    yield return
                        $"{path}:Priority:{key}:{i} is '{names[i]}'; must be a stage's name of letters, digits and hyphens.";
                }
                else if (!seen.Add(names[i]))
                {
                    yield return $"{path}:Priority:{key}:{i} is '{names[i]}'; must be listed once.";
                }
            }
        }
    }

    private static bool IsStageName(string? name) =>
        !string.IsNullOrEmpty(name) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
