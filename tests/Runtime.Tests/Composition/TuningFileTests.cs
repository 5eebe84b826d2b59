
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

    [Test]
    public void Load_WithoutItsOrigin_LeavesItNull()
    {
        var path = Path.Combine(_folder.Root, "layer.json");
        File.WriteAllText(path, """{ "device": "a GPU", "tables": [] }""");

        var file = TuningFile.Load(path);

        Assert.That(new object?[] { file.Driver, file.Date, file.Commit, file.PauseMilliseconds }, Is.All.Null);
    }
}
