namespace FusedMoe.Host.Tests;

public sealed class SettingsTests
{
    [Test]
    public async Task Settings_UnknownKey_IsAnErrorThatListsTheAcceptedOnes()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", """{ "FusedMoe": { "Composer": { "Expert": "cpu" } } }""");

        var (code, _, error) = await Verb.Run("explain", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("FusedMoe:Composer:Expert").And.Contain("AllowFallback").And.Contain("Experts"));
    }

    [TestCase("FusedMo")]
    [TestCase("fusedmoee")]
    [TestCase("FuesdMoe")]
    public async Task Settings_MisspeltSection_IsAnErrorThatNamesFileSectionAndFix(string section)
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", $$"""{ "{{section}}": { "Composer": { "Experts": "reference" } } }""");

        var (code, _, error) = await Verb.Run("explain", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error.TrimEnd(), Is.EqualTo(
            $"The configuration is wrong:{Environment.NewLine}"
            + $"  {file} has the section '{section}'; must be 'FusedMoe', rename it."));
    }

    [TestCase("""{ "Logging": { "LogLevel": { "Default": "Debug" } } }""")]
    [TestCase("""{ "FusedMoe": { "Composer": { "Experts": "cpu" } }, "FusedMo": { "a": 1 } }""")]
    [TestCase("""{ "Fused": { "a": 1 }, "Fuse": { "b": 1 } }""")]
    [TestCase("{ }")]
    public async Task Settings_SectionsOfOthers_AreLegal(string content)
    {
        using var folder = new ScratchFolder();

        var (code, output, error) = await Verb.Run(
            "explain", "--device", "cpu", "--config", folder.Write("settings.json", content));

        Assert.That(code, Is.EqualTo(ExitCode.Success), output + error);
    }

    [Test]
    public async Task Settings_SeveralWrongValues_AreAllReported()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", """{ "FusedMoe": { "Deployment": { "MaxTokens": 0, "Device": "tpu" } } }""");

        var (code, _, error) = await Verb.Run("explain", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("FusedMoe:Deployment:MaxTokens is 0; must be 1 to 1048576.").And.Contain("'tpu'"));
    }

    [Test]
    public async Task Settings_BackendNamedInFile_IsUsed()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", """{ "FusedMoe": { "Composer": { "Experts": "reference" } } }""");

        var (code, output, _) = await Verb.Run("run", "--device", "cpu", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Success), output);
        Assert.That(output, Does.Contain("-> reference ->"));
    }

    [Test]
    public async Task Settings_FileThatIsNotThere_IsNamed()
    {
        var (code, _, error) = await Verb.Run("explain", "--config", "/no/such/settings.json");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("/no/such/settings.json"));
    }

    [Test]
    public async Task Settings_WrongOptionsOfSeveralPlugins_AreListedWithoutAStack()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", """
            { "FusedMoe": { "PluginOptions": { "cpu-experts": { "InstructionSett": "Auto" },
              "triton-experts": { "TinyBatchPairs": -5 } } } }
            """);

        var (code, _, error) = await Verb.Run("run", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error.TrimEnd().Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "The configuration is wrong:",
            "  FusedMoe:PluginOptions:cpu-experts:InstructionSett is no option; the options are InstructionSet.",
            "  FusedMoe:PluginOptions:triton-experts:TinyBatchPairs is -5; must be 0 to 1024.",
        }));
    }

    [Test]
    public async Task Settings_FileThatIsNoJson_SaysWhere()
    {
        using var folder = new ScratchFolder();
        var file = folder.Write("settings.json", "{ \"FusedMoe\": {\n");

        var (code, _, error) = await Verb.Run("run", "--config", file);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain(file).And.Contain("must be a JSON object").And.Contain("LineNumber"));
    }

    [TestCase("run --layer x", "--layer must be a whole number, got 'x'.")]
    [TestCase(
        "run --tokens 99999999999", "--tokens must be a whole number of -2147483648 to 2147483647, got '99999999999'.")]
    [TestCase("explain --max-tokens z", "--max-tokens must be a whole number, got 'z'.")]
    [TestCase("bench --tokens 1 y", "--tokens must be a whole number, or several, got 'y'.")]
    [TestCase("bench --routing some", "--routing must be one of uniform, zipf, oneExpert, got 'some'.")]
    [TestCase("run a b", "Argument 'b' is one too many for run; 'fusedmoe --help' lists what each verb takes.")]
    [TestCase("backends --ful", "Option '--ful' is not one of backends; its options are --config, --device, --json.")]
    [TestCase("frobnicate", "verbs are run, verify, backends, explain, conformance, bench, tune.")]
    [TestCase("run --config .", "--config must be an existing file, got '.' (a folder).")]
    public async Task Usage_Wrong_NamesThingValueAndWhatIsAccepted(string line, string expected)
    {
        var (code, _, error) = await Verb.Run(line.Split(' '));

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain(expected).And.Not.Contain("System."));
    }

    [Test]
    public void ErrorReport_DefectOfAnAssembly_NamesItWithoutAStack()
    {
        var error = Assert.Catch(() => throw new InvalidOperationException("row 3."))!;

        Assert.That(ErrorReport.ExitCodeOf(error), Is.EqualTo(ExitCode.Unexpected));
        Assert.That(ErrorReport.TextOf(error), Does.EndWith(
            "of FusedMoe.Host.Tests.dll threw InvalidOperationException: row 3; "
            + "this is a defect there, FUSEDMOE_STACK_TRACE=1 shows the stack."));
    }

    [Test]
    public void ErrorReport_DefectThatALibraryOfDotNetFinds_NamesItsCaller()
    {
        var error = Assert.Catch(() => Array.Empty<int>().First())!;

        Assert.That(error.TargetSite!.DeclaringType!.Assembly.GetName().Name, Is.EqualTo("System.Linq"));
        Assert.That(ErrorReport.TextOf(error), Does.Contain("of FusedMoe.Host.Tests.dll threw InvalidOperationException: "));
    }

    [Test]
    public async Task Options_UnknownOne_ExitsWithMisconfigured()
    {
        var (code, _, error) = await Verb.Run("run", "--devise", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("--devise"));
    }
}
