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
    public async Task Options_UnknownOne_ExitsWithMisconfigured()
    {
        var (code, _, error) = await Verb.Run("run", "--devise", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("--devise"));
    }
}
