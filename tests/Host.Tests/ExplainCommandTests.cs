using System.Text.Json;

namespace FusedMoe.Host.Tests;

public sealed class ExplainCommandTests
{
    [Test]
    public async Task Explain_Sample_EndsWithThePlanAndListsEveryCandidate()
    {
        var (code, output, _) = await Verb.Run("explain", "--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Success), output);
        Assert.Multiple(() =>
        {
            Assert.That(
                output.TrimEnd().Split('\n')[^1],
                Does.StartWith("plan      topk -> local -> cpu -> local      chosen because: "));
            Assert.That(output, Does.Match(@"reference +accepted"));
            Assert.That(output, Does.Match(@"cpu-batched +"));
        });
    }

    [Test]
    public async Task Explain_ForcedBackendOfAnotherDevice_ShowsEveryRefusalAndExitsWithRefused()
    {
        var (code, output, _) = await Verb.Run("explain", "--device", "cpu", "--experts", "triton");

        Assert.That(code, Is.EqualTo(ExitCode.Refused), output);
        Assert.That(output, Does.Match(@"triton +refused +\[[a-z.-]+\] .+ must be .+, got .+\."));
        Assert.That(output, Does.Match(@"plan +none: "));
    }

    [Test]
    public async Task Explain_MisspeltBackend_ListsTheKnownOnes()
    {
        var (code, output, _) = await Verb.Run("explain", "--device", "cpu", "--experts", "cutlas");

        Assert.That(code, Is.EqualTo(ExitCode.Refused), output);
        Assert.That(output, Does.Contain("'cutlas'").And.Contain("reference").And.Contain("cpu-batched"));
    }

    [Test]
    public async Task Explain_AbsentDevice_SaysWhyItIsAbsent()
    {
        if (File.Exists("/dev/nvidiactl"))
        {
            Assert.Ignore("This machine has an NVIDIA driver.");
        }

        var (code, output, _) = await Verb.Run("explain", "--device", "cuda:0");

        Assert.That(code, Is.EqualTo(ExitCode.Refused), output);
        Assert.That(output, Does.Contain("[no-driver]"));
    }

    [Test]
    public async Task Explain_DeviceThatIsNotThere_SaysWhyOnceAndNothingThatFollowsFromIt()
    {
        var (_, output, _) = await Verb.Run("explain", "gpt-oss-120b", "--device", "cuda:4711");

        var refused = output.Split(Environment.NewLine).Where(l => l.StartsWith("refused", StringComparison.Ordinal));
        Assert.That(refused.Count(), Is.EqualTo(1), output);
        Assert.That(output, Does.EndWith($"plan      none: cuda:4711 is not there{Environment.NewLine}"));
        Assert.That(output, Does.Not.Contain("[architecture]").And.Not.Contain("[device-kind]"));
    }

    [Test]
    public async Task Explain_DeviceThatIsNotThere_StillSaysWhatElseStandsAgainstAStage()
    {
        var (_, output, _) = await Verb.Run(
            "explain", GoldenFolders.Of("gpt_oss_mxfp4"), "--device", "cuda:4711");

        Assert.That(output, Does.Match(@"cutlass +refused +\[quant-scheme\]"));
    }

    [Test]
    public async Task Explain_ShapeByName_NeedsNoCheckpoint()
    {
        var (code, output, _) = await Verb.Run("explain", "gpt-oss-120b", "--device", "cpu", "--json");
        using var json = JsonDocument.Parse(output);

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(ExitCode.Success));
            Assert.That(json.RootElement.GetProperty("layer").GetProperty("experts").GetInt32(), Is.EqualTo(128));
            Assert.That(json.RootElement.GetProperty("candidates").GetArrayLength(), Is.GreaterThan(4));
        });
    }
}
