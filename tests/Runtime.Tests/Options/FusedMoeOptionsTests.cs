using FusedMoe.Runtime.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FusedMoe.Runtime.Tests.Options;

public sealed class FusedMoeOptionsTests
{
    [Test]
    public void Validate_ManyProblems_ReportsEveryOneWithKeyValueAndLimit()
    {
        var failures = Failures(
            ("Deployment:MaxTokens", "0"),
            ("Deployment:Device", "gpu"),
            ("Deployment:Parallel:TensorSize", "2"),
            ("Deployment:Parallel:TensorRank", "2"),
            ("Deployment:Parallel:AllToAll", "Batched"),
            ("Deployment:Lora:MaxRank", "0"),
            ("Plugins:Folders:0", "nowhere"),
            ("Plugins:Sha256:a.dll", "12"),
            ("Composer:Experts", "cut lass"),
            ("Composer:Priority:Experts:0", "cpu"),
            ("Composer:Priority:Experts:1", "CPU"),
            ("Composer:TuningFolders:0", "no-tuning"));

        Assert.That(failures, Is.EquivalentTo(new[]
        {
            "FusedMoe:Deployment:MaxTokens is 0; must be 1 to 1048576.",
            "FusedMoe:Deployment:Device is 'gpu'; must be auto, cpu, cuda or cuda:N.",
            "FusedMoe:Deployment:Parallel:TensorRank is 2; must be 0 to 1.",
            "FusedMoe:Deployment:Parallel:AllToAll is Batched; " +
            "must be None unless FusedMoe:Deployment:Parallel:ExpertParallel is true.",
            "FusedMoe:Deployment:Lora:MaxRank is 0; must be 1 to 1024.",
            $"FusedMoe:Plugins:Folders:0 is 'nowhere'; must be an existing folder, " +
            $"{Path.Combine(AppContext.BaseDirectory, "nowhere")} is not.",
            "FusedMoe:Plugins:Sha256:a.dll is '12'; must be 64 hexadecimal digits.",
            "FusedMoe:Composer:Experts is 'cut lass'; must be a stage's name of letters, digits and hyphens.",
            "FusedMoe:Composer:Priority:Experts:1 is 'CPU'; must be listed once.",
            "FusedMoe:Composer:TuningFolders:0 is 'no-tuning'; must be an existing folder.",
        }));
    }

    [Test]
    public void Validate_UnknownKeys_ListsTheAcceptedOnes()
    {
        var failures = Failures(("Composer:Expert", "cpu"), ("Deploy", "x"));

        Assert.That(failures, Is.EquivalentTo(new[]
        {
            "FusedMoe:Composer:Expert is unknown; accepted keys are " +
            "Router, PrepareAndFinalize, Experts, Priority, AllowFallback, TuningFolders.",
            "FusedMoe:Deploy is unknown; accepted keys are Plugins, Deployment, Composer, PluginOptions.",
        }));
    }

    [Test]
    public void Validate_ValuesThatDoNotParse_SaysWhatIsAccepted()
    {
        var failures = Failures(
            ("Deployment:MaxTokens", "many"),
            ("Deployment:GraphCapture", "maybe"),
            ("Deployment:Parallel:AllToAll", "Ring"),
            ("Deployment:Parallel:DataSize", "99999999999"),
            ("Deployment:Device:Name", "cpu"),
            ("Plugins:Folders", "plugins"),
            ("Composer:Priority", "cpu"));

        Assert.That(failures, Is.EquivalentTo(new[]
        {
            "FusedMoe:Deployment:MaxTokens is 'many'; must be an integer of -2147483648 to 2147483647.",
            "FusedMoe:Deployment:GraphCapture is 'maybe'; must be true or false.",
            "FusedMoe:Deployment:Parallel:AllToAll is 'Ring'; must be one of None, AllGather, AllToAll, Batched.",
            "FusedMoe:Deployment:Parallel:DataSize is '99999999999'; must be an integer of -2147483648 to 2147483647.",
            "FusedMoe:Deployment:Device is a section; must be a text.",
            "FusedMoe:Plugins:Folders is 'plugins'; must be a list of texts.",
            "FusedMoe:Composer:Priority is 'cpu'; must be a section with the keys Router, PrepareAndFinalize, Experts.",
        }));
    }

    [Test]
    public void Validate_UnknownKeysBesideWrongValues_ReportsBothAndBlamesNoDefault()
    {
        var failures = Failures(
            ("Deployment:MaxTokenz", "3"),
            ("Deployment:MaxTokens", "0"),
            ("Deployment:GraphCapture", "maybe"),
            ("Deployment:Device", "gpu"));

        Assert.That(failures, Is.EquivalentTo(new[]
        {
            "FusedMoe:Deployment:MaxTokenz is unknown; accepted keys are Device, MaxTokens, GraphCapture, BatchInvariant, "
                + "Deterministic, DeferFinalize, Parallel, Lora.",
            "FusedMoe:Deployment:GraphCapture is 'maybe'; must be true or false.",
            "FusedMoe:Deployment:MaxTokens is 0; must be 1 to 1048576.",
            "FusedMoe:Deployment:Device is 'gpu'; must be auto, cpu, cuda or cuda:N.",
        }));
    }

    [Test]
    public void Validate_UnknownKeyThatBeginsWithAnotherAndIs_DoesNotHideTheOther()
    {
        var failures = Failures(("Deployment:MaxTokens is", "3"), ("Deployment:MaxTokens", "0"));

        Assert.That(failures, Does.Contain("FusedMoe:Deployment:MaxTokens is 0; must be 1 to 1048576."));
    }

    [Test]
    public void Validate_PathWithNull_IsATypedError() => Assert.That(
        Failures(("Composer:TuningFolders:0", "\0"), ("Plugins:Folders:0", "\0")),
        Is.EquivalentTo(new[]
        {
            "FusedMoe:Composer:TuningFolders:0 is '\0'; must be an existing folder.",
            "FusedMoe:Plugins:Folders:0 is '\0'; must be the path of a folder.",
        }));

    [Test]
    public void Validate_BadSection_StopsComposingToo()
    {
        using var host = new FakeHost([], new Dictionary<string, string?> { ["Deployment:MaxTokens"] = "0" });

        Assert.That(() => host.Composer.Compose(Layers.Plain(), host.Deployment), Throws.TypeOf<OptionsValidationException>());
    }

    [Test]
    public void Bind_ConfiguredLists_ReplaceTheDefaults()
    {
        using var host = new FakeHost([], new Dictionary<string, string?>
        {
            ["Plugins:Folders:0"] = ".",
            ["Composer:Priority:Router:0"] = "mine",
            ["Deployment:Parallel:AllToAll"] = "allgather",
            ["Deployment:Parallel:ExpertParallel"] = "true",
        });
        var options = host.Services.GetRequiredService<IOptions<FusedMoeOptions>>().Value;

        Assert.Multiple(() =>
        {
            Assert.That(options.Plugins.Folders, Is.EqualTo(new[] { "." }));
            Assert.That(options.Composer.Priority.Router, Is.EqualTo(new[] { "mine" }));
            Assert.That(options.Composer.Priority.Experts, Is.EqualTo(new PriorityOptions().Experts));
            Assert.That(options.Deployment.Parallel.AllToAll, Is.EqualTo(AllToAllKind.AllGather));
        });
    }

    [Test]
    public void AddFusedMoe_Twice_IsRefused() => Assert.That(
        () => new ServiceCollection().AddFusedMoe(FakeHost.Section(null)).AddFusedMoe(FakeHost.Section(null)),
        Throws.InvalidOperationException.With.Message.EqualTo(
            "AddFusedMoe must be called once, got a second call; remove it."));

    private static IEnumerable<string> Failures(params (string Key, string Value)[] settings)
    {
        using var host = new FakeHost([], settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        return Assert.Throws<OptionsValidationException>(
            () => host.Services.GetRequiredService<IStartupValidator>().Validate())!.Failures;
    }
}
