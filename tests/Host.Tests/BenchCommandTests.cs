using System.Text.Json;
using FusedMoe.Host.Benchmarks;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Tests;

public sealed class BenchCommandTests
{
    [Test]
    public async Task Bench_UnwritablePath_FailsBeforeAnyWork()
    {
        var (code, _, error) = await Verb.Run("bench", "--out", "/no/such/folder/result.json");

        Assert.That(code, Is.EqualTo(ExitCode.CannotWrite));
        Assert.That(error, Does.StartWith("Output file '/no/such/folder/result.json' must be writable, got: "));
    }

    [Test]
    public async Task Bench_UnknownShape_ListsTheKnownOnes()
    {
        var (code, _, error) = await Verb.Run("bench", "--shapes", "mixtral", "--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("No layer shape is named 'mixtral'. Known: mixtral-8x7b, qwen3-30b-a3b"));
    }

    [TestCase("bench")]
    [TestCase("tune")]
    public async Task Verb_NoTokens_NamesTheOptionAndItsValue(string verb)
    {
        var (code, _, error) = await Verb.Run(verb, "--tokens", "4", "0", "--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("--tokens and --repeats must be at least 1, got 4, 0 and "));
    }

    [TestCase("bench")]
    [TestCase("tune")]
    public async Task Verb_NegativePause_NamesTheOptionAndItsValue(string verb)
    {
        var (code, _, error) = await Verb.Run(verb, "--pause", "-1", "--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("--pause must be at least 0 milliseconds, got -1."));
    }

    [TestCase("bench")]
    [TestCase("tune")]
    [TestCase("conformance")]
    [TestCase("run")]
    [TestCase("verify")]
    [TestCase("explain")]
    public async Task Verb_DeviceThatIsNotThere_RefusesWithTheReason(string verb)
    {
        string[] model = verb == "verify" ? [GoldenFolders.Of("mixtral")] : [];
        var (code, output, error) = await Verb.Run([verb, .. model, "--device", "cuda:4711"]);

        Assert.That(code, Is.EqualTo(ExitCode.Refused), output + error);
        Assert.That(output + error, Does.Match(@"refused   \[(no-driver|driver-version|no-device)\] .+ must be .+, got .+\."));
        Assert.That(output + error, Does.Not.Contain("Parameter").And.Not.Contain("0.0"));
    }

    [Test]
    public async Task Verb_WordThatIsNoDevice_NamesTheAcceptedOnes(
        [Values("bench", "tune", "conformance", "run", "explain")] string verb,
        [Values("gpu", "cuda:", "cuda:-1", "")] string device)
    {
        var (code, _, error) = await Verb.Run(verb, "--device", device);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Is.EqualTo($"The device is '{device}'; must be auto, cpu, cuda or cuda:N.{Environment.NewLine}"));
    }

    [Test]
    public void Json_OfABench_HoldsItsPause()
    {
        var device = new DeviceTraits { Id = DeviceId.Cuda(0), Name = "a GPU", Processors = 1, MemoryBytes = 1 };
        var settings = new BenchSettings(
            21, RoutingDistribution.Uniform, new DeviceCeilings(1, 1, "test"), new ReplayPause(20));
        using var json = JsonDocument.Parse(JsonText.Of(BenchReport.Json(device, settings, [])));

        Assert.That(json.RootElement.GetProperty("result").GetProperty("pauseMilliseconds").GetInt32(), Is.EqualTo(20));
    }

    [TestCase(1, 8, 17.9)]
    [TestCase(4096, 128, 388)]
    public void Floor_Qwen3OnH200_IsTheTablesFigure(int tokens, int activeExperts, double microseconds)
    {
        var layer = NamedShape.Find("qwen3-30b-a3b").Layer;
        var floor = LayerFloor.Of(layer, tokens, 8L * tokens, activeExperts).Microseconds(
            new DeviceCeilings(4.22e12, 797e12, "test"));

        Assert.That(floor, Is.EqualTo(microseconds).Within(0.01 * microseconds));
    }

    [Test]
    [Explicit("Allocates the weights of a published layer: 1.2 GB and about ten seconds.")]
    public async Task Bench_OneCell_ReportsTimeFloorAndError()
    {
        var (code, output, error) = await Verb.Run("bench", "--device", "cpu", "--tokens", "1", "--repeats", "3", "--json");
        Assert.That(code, Is.EqualTo(ExitCode.Success), output + error);
        using var json = JsonDocument.Parse(output);
        var cell = json.RootElement.GetProperty("result").GetProperty("cells")[0];

        Assert.That(cell.GetProperty("relativeError").GetDouble(), Is.LessThan(0.01));
    }
}
