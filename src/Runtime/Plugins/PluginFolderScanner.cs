namespace FusedMoe.Runtime;

/// <summary>
/// Lists the assemblies of plugin folders: those in the folder itself and in its direct subfolders, by name.
/// </summary>
internal static class PluginFolderScanner
{
    /// <summary>Every <c>*.dll</c>, folders in the order given.</summary>
    public static IReadOnlyList<string> Assemblies(IEnumerable<string> folders) =>
        [.. folders.Where(Directory.Exists).SelectMany(Assemblies).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// The first file named <paramref name="fileName"/> among the assemblies of one folder; null when there is none.
    /// </summary>
    public static string? Find(string folder, string fileName)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var path = Path.Combine(folder, fileName);
        if (File.Exists(path))
        {
            return path;
        }

        // NOTE: a driver's start waits for this; loops over one name are some milliseconds quicker than the listing of all.
        var subfolders = Directory.GetDirectories(folder);
        Array.Sort(subfolders, StringComparer.Ordinal);
        foreach (var subfolder in subfolders)
        {
            path = Path.Combine(subfolder, fileName);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>
    /// The plugins among <paramref name="assemblies"/>; dependencies and native libraries are left out.
    /// </summary>
    public static IEnumerable<PluginFile> Plugins(IEnumerable<string> assemblies)
    {
        foreach (var path in assemblies)
        {
            var name = Path.GetFileName(path);
            PluginFile? file;
            try
            {
                var declaration = PluginMetadata.Read(path);
                file = declaration is null ? null : new PluginFile(path, declaration.ContractVersion, null);
            }
            catch (BadImageFormatException)
            {
                file = new PluginFile(
                    path, null, $"{name} must be a .NET assembly, got a file without its header; replace or remove it.");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                file = new PluginFile(path, null, $"{name} cannot be read: {e.Message}");
            }

            if (file is not null)
            {
                yield return file;
            }
        }
    }

    private static IEnumerable<string> Assemblies(string folder) =>
        Files(folder).Concat(Directory.GetDirectories(folder).Order(StringComparer.Ordinal).SelectMany(Files));

    private static IEnumerable<string> Files(string folder) =>
        Directory.GetFiles(folder, "*.dll").Order(StringComparer.Ordinal);
}
