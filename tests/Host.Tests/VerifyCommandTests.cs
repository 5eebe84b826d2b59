namespace FusedMoe.Host.Tests;

public sealed class VerifyCommandTests
{
    private static IEnumerable<string> Folders => GoldenFolders.Names;

    [TestCaseSource(nameof(Folders))]
    public async Task Verify_GoldenFolderOnCpu_IsWithinAHalfPercent(string name)
    {
        var (code, output, error) = await Verb.Run("verify", GoldenFolders.Of(name), "--device", "cpu", "--tolerance", "0.005");

        Assert.That(code, Is.EqualTo(ExitCode.Success), output + error);
        Assert.That(output.TrimEnd(), Does.EndWith("PASS"));
    }

    [Test]
    public async Task Verify_Fp8WithQuantizedActivations_IsWithinFivePercentAndNotBelowHalfPercent()
    {
        var folder = GoldenFolders.Of("deepseek_v3_fp8");
        string[] verify = ["verify", folder, "--device", "cpu", "--activations", "config", "--tolerance"];
        var (loose, output, error) = await Verb.Run([.. verify, "0.05"]);
        var (tight, _, _) = await Verb.Run([.. verify, "0.005"]);

        Assert.That(loose, Is.EqualTo(ExitCode.Success), output + error);
        Assert.That(tight, Is.EqualTo(ExitCode.CheckFailed), "Quantized activations must cost accuracy; were they quantized?");
    }

    [Test]
    public async Task Verify_ImpossibleTolerance_FailsAndSaysWhich()
    {
        var (code, output, _) = await Verb.Run("verify", GoldenFolders.Of("mixtral"), "--device", "cpu", "--tolerance", "1e-9");

        Assert.That(code, Is.EqualTo(ExitCode.CheckFailed));
        Assert.That(output, Does.Contain("above 1E-09").And.Contain("FAIL"));
    }

    [Test]
    public async Task Verify_FolderWithoutRecording_NamesTheMissingFile()
    {
        using var folder = new ScratchFolder();
        foreach (var file in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(GoldenFolders.Of("mixtral"), file), Path.Combine(folder.Path, file));
        }

        var (code, _, error) = await Verb.Run("verify", folder.Path, "--device", "cpu");

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(
            error.Trim(), Is.EqualTo($"Folder '{folder.Path}' must hold golden.safetensors to verify against, got none."));
    }
}
