namespace FusedMoe.Runtime.Tests.Plugins;

public sealed class PluginFolderScannerTests
{
    [Test]
    public void Find_FileInTwoSubfolders_IsTheFirstThatAssembliesLists()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "b/shared.dll", "a/shared.dll", "a/other.dll", "other.dll", "a/deeper/deep.dll" })
        {
            var path = Path.Combine(folder.Root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, string.Empty);
        }

        Assert.Multiple(() =>
        {
            foreach (var name in new[] { "shared.dll", "other.dll", "deep.dll" })
            {
                var listed = PluginFolderScanner.Assemblies([folder.Root]).FirstOrDefault(p => Path.GetFileName(p) == name);
                Assert.That(PluginFolderScanner.Find(folder.Root, name), Is.EqualTo(listed), name);
            }

            Assert.That(
                PluginFolderScanner.Find(folder.Root, "shared.dll"), Is.EqualTo(Path.Combine(folder.Root, "a", "shared.dll")));
        });
    }

    [Test]
    public void Find_FolderThatIsNotThere_IsNull() =>
        Assert.That(PluginFolderScanner.Find("/not/there", "shared.dll"), Is.Null);
}
