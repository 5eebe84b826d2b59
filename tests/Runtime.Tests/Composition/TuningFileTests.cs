using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Composition;

public sealed class TuningFileTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Save_WithItsOrigin_IsReadBack()
    {
        var path = Path.Combine(_folder.Root, "layer.json");
        new TuningFile("a GPU", []) { Driver = 13000, Date = "2026-11-26", Commit = "abc", PauseMilliseconds = 20 }.Save(path);

        var file = TuningFile.Load(path);

        Assert.That(
            (file.Driver, file.Date, file.Commit, file.PauseMilliseconds), Is.EqualTo((13000, "2026-11-26", "abc", 20)));
        Assert.That(
            File.ReadLines(path).Select(line => line.Split(':')[0].Trim()).Where(name => name.StartsWith('"')),
            Is.EqualTo(new[] { "\"device\"", "\"driver\"", "\"date\"", "\"commit\"", "\"pauseMilliseconds\"", "\"tables\"" }));
    }

    [TestCase(int.MaxValue, "tile-64", "'cpu' (tile-64)")]
    [TestCase(DeploymentSpec.LargestMaxTokens + 1, null, "'cpu'")]
    [TestCase(0, null, "'cpu'")]
    public void Load_EntryOfACallThatCannotBe_IsRefusedByName(int tokens, string? configuration, string experts)
    {
        var path = Path.Combine(_folder.Root, "layer.json");
        Save(path, new(1, "cpu", 1), new(tokens, "cpu", 2, configuration));

        Assert.That(
            () => TuningFile.Load(path),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
                $"{path}: maxTokens of {experts} must be 1 to 1048576, got {tokens}; give the tokens of the call that was "
                + "measured, or delete the file and run `fusedmoe tune`."));
    }

    [Test]
    public void Load_EntryOfTheLongestCall_IsRead()
    {
        var path = Path.Combine(_folder.Root, "layer.json");
        Save(path, new TuningEntry(DeploymentSpec.LargestMaxTokens, "cpu", 2, "tile-64"));

        Assert.That(TuningFile.Load(path).Tables[0].Entries.Single().MaxTokens, Is.EqualTo(1_048_576));
    }

    [Test]
    public void Load_WithoutItsOrigin_LeavesItNull()
    {
        var path = Path.Combine(_folder.Root, "layer.json");
        File.WriteAllText(path, """{ "device": "a GPU", "tables": [] }""");

        var file = TuningFile.Load(path);

        Assert.That(new object?[] { file.Driver, file.Date, file.Commit, file.PauseMilliseconds }, Is.All.Null);
    }

    private static void Save(string path, params TuningEntry[] entries)
    {
        var deployment = new DeploymentSpec { Device = new FakeDevice().Traits, MaxTokens = 8 };
        new TuningFile("a GPU", [TuningTable.For(Layers.Plain(), deployment, entries)]).Save(path);
    }
}
