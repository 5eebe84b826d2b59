namespace FusedMoe.Host.Tests;

public sealed class BackendsCommandTests
{
    [Test]
    public async Task Backends_BuiltIn_ShowsPluginsDevicesStagesAndPromises()
    {
        var (code, output, _) = await Verb.Run("backends");

        Assert.That(code, Is.EqualTo(ExitCode.Success));
        Assert.Multiple(() =>
        {
            Assert.That(output, Does.Contain("FusedMoe.Experts.Cpu.dll"));
            Assert.That(output, Does.Contain("cpu      "));
            Assert.That(output, Does.Match(@"reference \(.+, cpu\): "));
            Assert.That(output, Does.Contain("swigluoai_uninterleave"));
            Assert.That(output, Does.Not.Contain("not loaded"));
            Assert.That(
                output,
                Does.Contain("cuda     [cuda.profiler-ranges] FusedMoe:PluginOptions:prepare-finalize:NvtxRanges must be true, "
                    + "got false."));
        });
    }

    [Test]
    public async Task Backends_FileThatIsNoAssembly_IsReportedAndOthersStillLoad()
    {
        using var folder = new ScratchFolder();
        folder.Write("broken.dll", "not an assembly");
        var settings = folder.Write(
            "settings.json", $$"""{ "FusedMoe": { "Plugins": { "Folders": [ "{{folder.Path}}" ] } } }""");

        var (code, output, _) = await Verb.Run("backends", "--config", settings);

        Assert.That(code, Is.EqualTo(ExitCode.Success), output);
        Assert.That(
            output, Does.Match(@"broken\.dll +not loaded: broken\.dll must be a \.NET assembly").And.Contain("reference"));
    }
}
