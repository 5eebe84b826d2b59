using System.Text.Json;

namespace FusedMoe.Host.Tests;

public sealed class RunCommandTests
{
    [Test]
    public async Task NoVerb_BundledSample_PassesAndShowsChainTimeAndError()
    {
        var (code, output, error) = await Verb.Run("--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Success), output + error);
        Assert.Multiple(() =>
        {
            Assert.That(output.TrimEnd(), Does.EndWith("PASS"));
            Assert.That(output, Does.Contain("chain    topk -> local -> cpu -> local"));
            Assert.That(output, Does.Contain("tokens/s"));
            Assert.That(output, Does.Contain("64 recorded tokens: relative error 0.00"));
        });
    }

    [Test]
    public async Task Run_Json_HoldsTheChecksAndThePlan()
    {
        var (code, output, _) = await Verb.Run("run", "--device", "cpu", "--json", "--tokens", "3");
        using var json = JsonDocument.Parse(output);

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(ExitCode.Success));
            Assert.That(json.RootElement.GetProperty("holds").GetBoolean(), Is.True);
            Assert.That(json.RootElement.GetProperty("tokens").GetInt32(), Is.EqualTo(3));
            var chain = json.RootElement.GetProperty("plan").GetProperty("chain");
            Assert.That(chain.GetProperty("experts")[0].GetProperty("name").GetString(), Is.EqualTo("cpu"));
        });
    }

    [Test]
    public async Task Run_Timing_SumsTheStepsFromTheProcessStart()
    {
        var (_, output, _) = await Verb.Run("run", "--device", "cpu", "--json", "--timing", "--tokens", "3");
        using var json = JsonDocument.Parse(output);
        var steps = json.RootElement.GetProperty("start").EnumerateArray().ToArray();
        var total = json.RootElement.GetProperty("firstOutputMilliseconds").GetDouble();

        Assert.Multiple(() =>
        {
            Assert.That(
                steps.Select(s => s.GetProperty("name").GetString()),
                Is.EqualTo(new[]
                {
                    "runtime", "command line", "settings and plugins", "checkpoint", "device search", "plan", "device opened",
                    "weights uploaded", "kernel built", "first call",
                }));
            Assert.That(total, Is.EqualTo(steps.Sum(s => s.GetProperty("milliseconds").GetDouble())).Within(1e-6).And.Positive);
        });
    }

    [Test]
    public async Task Run_WithoutTiming_ShowsNoSteps()
    {
        var (_, output, _) = await Verb.Run("run", "--device", "cpu", "--tokens", "3");

        Assert.That(output, Does.Not.Contain("first output after"));
    }

    [Test]
    public async Task Run_MissingFolder_NamesItAndTheShapes()
    {
        var (code, _, error) = await Verb.Run("run", "no-such-folder");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.StartWith("Model folder 'no-such-folder' must be an existing folder, got none;"));
    }

    [Test]
    public async Task Run_ZeroTokens_IsRefusedWithTheValue()
    {
        var (code, _, error) = await Verb.Run("run", "--tokens", "0");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error.Trim(), Is.EqualTo("--tokens must be at least 1, got 0."));
    }

    [Test]
    public async Task Run_BrokenCheckpoint_ExitsWithBadInput()
    {
        using var folder = new ScratchFolder();
        folder.Write("config.json", """{ "model_type": "mixtral" }""");
        folder.Write("model.safetensors", "short");

        var (code, _, error) = await Verb.Run("run", folder.Path);

        Assert.That(code, Is.EqualTo(ExitCode.BadInput), error);
        Assert.That(error, Does.Contain("model.safetensors").Or.Contain("config.json"));
    }

    [Test]
    public void ExitCodeOf_Cancellation_IsItsOwnCode()
    {
        Assert.That(ErrorReport.ExitCodeOf(new OperationCanceledException()), Is.EqualTo(ExitCode.Cancelled));
    }
}
