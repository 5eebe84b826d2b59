using FusedMoe.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace FusedMoe.Host;

/// <summary>
/// Finds settings files whose section is misspelt: everything in them would be ignored without a word. Sections of other
/// libraries are none of our business.
/// </summary>
internal static class SettingsFiles
{
    private const int MostEdits = 2;

    /// <summary>One sentence a file that has no section of ours but one with nearly its name.</summary>
    public static IEnumerable<string> Problems(IConfigurationRoot configuration) =>
        from provider in configuration.Providers.OfType<JsonConfigurationProvider>()
        let names = provider.GetChildKeys([], null).Distinct(StringComparer.OrdinalIgnoreCase).ToArray()
        where !names.Contains(FusedMoeOptions.SectionName, StringComparer.OrdinalIgnoreCase)
        from name in names
        where Edits(name.ToUpperInvariant(), FusedMoeOptions.SectionName.ToUpperInvariant()) <= MostEdits
        select $"{FileOf(provider)} has the section '{name}'; must be '{FusedMoeOptions.SectionName}', rename it.";

    /// <summary>Characters to insert, remove or replace to make one text of the other (Levenshtein's distance).</summary>
    internal static int Edits(string from, string to)
    {
        var previous = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var current = new int[to.Length + 1];
            current[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[to.Length];
    }

    private static string FileOf(JsonConfigurationProvider provider) =>
        provider.Source is { Path: { } path, FileProvider: { } files } && files.GetFileInfo(path).PhysicalPath is { } physical
            ? physical
            : provider.Source.Path ?? "A settings file";
}
