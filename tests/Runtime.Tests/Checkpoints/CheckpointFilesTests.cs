using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Folders: one file, shards with an index, and what is said when they do not fit together.</summary>
public sealed class CheckpointFilesTests
{
    private const string Index = "model.safetensors.index.json";
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Open_TwoShards_FindsTensorsOfBoth()
    {
        WriteShard("s1", "a");
        WriteShard("s2", "b");
        _folder.Write(Index, """{"metadata":{"total_size":2},"weight_map":{"a":"s1","b":"s2"}}""");
        using var files = CheckpointFiles.Open(_folder.Root);

        Assert.That(files.Names, Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(files.View("b").ToString(), Is.EqualTo("uint8 [1] on cpu"));
    }

    [Test]
    public void Open_IndexNamesMissingShard_SaysWhich()
    {
        WriteShard("s1", "a");
        var index = _folder.Write(Index, """{"weight_map":{"a":"s1","b":"s2"}}""");

        Assert.That(Error(), Is.EqualTo(
            $"{index}: shard 's2' of tensor 'b' must exist beside the index, got none; get the missing shard."));
    }

    [Test]
    public void Open_ShardWithoutTheTensor_SaysWhich()
    {
        WriteShard("s1", "a");
        var index = _folder.Write(Index, """{"weight_map":{"b":"s1"}}""");

        Assert.That(Error(), Is.EqualTo(
            $"{index}: shard 's1' must hold tensor 'b', got none; get index and shards again, from one place."));
    }

    [TestCase("../s1")]
    [TestCase("/etc/passwd")]
    [TestCase("..")]
    [TestCase("")]
    public void Open_ShardOutsideTheFolder_IsRefused(string shard)
    {
        var index = _folder.Write(Index, $$$"""{"weight_map":{"a":"{{{shard}}}"}}""");

        Assert.That(
            Error(), Is.EqualTo($"{index}: shard of tensor 'a' must be a file name, got '{shard}'; get the index again."));
    }

    [TestCase("{}", "the index must have a 'weight_map' object, got none; get the index again.")]
    [TestCase("{\"weight_map\":[]}", "the index must have a 'weight_map' object, got none; get the index again.")]
    [TestCase("{\"weight_map\":{\"a\":1}}", "shard of tensor 'a' must be a text, got Number; get the index again.")]
    [TestCase("{", "the file must be valid JSON, got an error in line 1; get the file again.")]
    [TestCase("{\"\\udc00\":1}", "the file must be valid JSON, got a text that is no UTF-8; get the file again.")]
    public void Open_WrongIndex_SaysWhatIsWrong(string text, string expected)
    {
        var index = _folder.Write(Index, text);

        Assert.That(Error(), Is.EqualTo($"{index}: {expected}"));
    }

    [Test]
    public void Open_FolderWithoutTensors_ListsWhatIsThere()
    {
        _folder.Write("config.json", "{}");

        Assert.That(Error(), Is.EqualTo($"{_folder.Root}: the folder must have model.safetensors or {Index}, got config.json; "
            + "give the folder of a checkpoint."));
    }

    [Test]
    public void View_UnknownName_ListsTheNearestOfAllShards()
    {
        WriteShard("s1", "layer.1");
        WriteShard("s2", "layer.2");
        _folder.Write(Index, """{"weight_map":{"layer.1":"s1","layer.2":"s2"}}""");
        using var files = CheckpointFiles.Open(_folder.Root);

        Assert.That(() => files.View("layer.3"), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{_folder.Root}: tensor 'layer.3' must exist, got none among 2 tensors; nearest are 'layer.1', 'layer.2'."));
    }

    private void WriteShard(string file, string tensor) =>
        _folder.WriteTensors(file, $$$"""{"{{{tensor}}}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);

    private string Error() =>
        Assert.Throws<CheckpointException>(() => CheckpointFiles.Open(_folder.Root).Dispose())!.Message;
}
