using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>What is written is read back, or nothing is written.</summary>
public sealed class SafetensorsWriterTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Write_ThenOpen_GivesTheSameTensors()
    {
        using var tensors = new HostTensors();
        tensors.AddFloats("x", new(2, 3), [1, 2, 3, 4, 5, 6]);
        tensors.AddBytes("y", DType.Float8E4M3, new(4), [1, 2, 3, 4]);
        var path = _folder.Place("m");
        SafetensorsWriter.Write(path, tensors.All, new Dictionary<string, string> { ["module"] = "m.1" });
        using var file = SafetensorsFile.Open(path);

        Assert.Multiple(() =>
        {
            Assert.That(file.Metadata["module"], Is.EqualTo("m.1"));
            Assert.That(file.View("x").AsSpan<float>().ToArray(), Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
            Assert.That(file.View("y").ToString(), Is.EqualTo("fp8-e4m3 [4] on cpu"));
            Assert.That(file.View("x").Pointer % 8, Is.EqualTo((nint)0));
        });
    }

    [Test]
    public void Write_UnwritablePath_SaysSoAndLeavesNothing()
    {
        var path = Path.Combine(_folder.Root, "absent", "m");

        Assert.That(() => SafetensorsWriter.Write(path, []), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{path}: the file must be writable, got DirectoryNotFoundException; check the folder and its permissions."));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder.Root), Is.Empty);
    }

    [Test]
    public void Write_StridedTensor_IsRefused()
    {
        using var tensors = new HostTensors();
        tensors.AddFloats("x", new(2, 2), [1, 2, 3, 4]);
        var strided = tensors.All[0].Value.Slice(1, 0, 1);

        Assert.That(() => SafetensorsWriter.Write(_folder.Place("m"), [new("x", strided)]), Throws.ArgumentException);
    }

    [Test]
    public void Write_NameTwice_IsRefused()
    {
        using var tensors = new HostTensors();
        tensors.AddFloats("x", new(1), [1]);

        Assert.That(
            () => SafetensorsWriter.Write(_folder.Place("m"), [tensors.All[0], tensors.All[0]]), Throws.ArgumentException);
    }
}
