using System.Runtime.CompilerServices;

namespace FusedMoe.Host.Tests;

/// <summary>The out-of-tree plugin, right and wrong, dropped into a folder that settings name.</summary>
public sealed class SamplePluginTests
{
    private static string Built(string assembly, [CallerFilePath] string here = "")
    {
        var tests = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, ".."));
        var files = Directory.GetFiles(tests, $"{assembly}.dll", SearchOption.AllDirectories)
            .Where(f => f.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .OrderByDescending(File.GetLastWriteTimeUtc);
        return files.FirstOrDefault() ?? throw new AssertionException($"{assembly}.dll is not built; build Plugins.sln first.");
    }

    private static string Drop(ScratchFolder folder, string assembly)
    {
        var target = Path.Combine(folder.Path, $"{assembly}.dll");
        File.Copy(Built(assembly), target);
        return target;
    }

    [Test]
    public async Task Sample_InAFolderOfSettings_AppearsAndIsChosenWhenNamed()
    {
        using var folder = new ScratchFolder();
        Drop(folder, "FusedMoe.SamplePlugin");
        var settings = folder.Write(
            "settings.json", $$"""{ "FusedMoe": { "Plugins": { "Folders": [ "{{folder.Path}}" ] } } }""");

        var (_, backends, _) = await Verb.Run("backends", "--config", settings);
        var (code, run, error) = await Verb.Run("run", "--device", "cpu", "--experts", "sample", "--config", settings);

        Assert.Multiple(() =>
        {
            Assert.That(backends, Does.Contain("FusedMoe.SamplePlugin.dll"));
            Assert.That(code, Is.EqualTo(ExitCode.Success), run + error);
            Assert.That(run, Does.Contain("-> sample ->"));
        });
    }

    [Test]
    public async Task Conformance_OfTheSample_Passes()
    {
        using var folder = new ScratchFolder();
        var (code, output, error) = await Verb.Run(
            "conformance", "--device", "cpu", "--plugin", Drop(folder, "FusedMoe.SamplePlugin"), "--filter", "dtype");

        Assert.That(code, Is.EqualTo(ExitCode.Success), output + error);
        Assert.That(output, Does.Contain("local+sample"));
    }

    [Test]
    public async Task Conformance_OfTheWrongSample_FailsAndNamesTheCases()
    {
        using var folder = new ScratchFolder();
        var (code, output, error) = await Verb.Run(
            "conformance", "--device", "cpu", "--plugin", Drop(folder, "FusedMoe.SamplePluginWrong"));

        Assert.That(code, Is.EqualTo(ExitCode.CheckFailed), output + error);
        Assert.That(output, Does.Contain("FAILED local+"));
    }
}
