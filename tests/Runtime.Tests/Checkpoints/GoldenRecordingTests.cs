using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>Recordings say which layer they are of and give inputs with their outputs.</summary>
public sealed class GoldenRecordingTests
{
    [Test]
    public void Open_Golden_GivesLayerAndCases()
    {
        using var recording = GoldenRecording.Open(Path.Combine(TestData.Golden("mixtral"), "golden.safetensors"));
        var (hidden, output) = recording.Case(7);

        Assert.Multiple(() =>
        {
            Assert.That(recording.Layer, Is.EqualTo(1));
            Assert.That(recording.Module, Is.EqualTo("model.layers.1.mlp"));
            Assert.That(recording.TokenCounts, Is.EqualTo(new[] { 1, 7, 64 }));
            Assert.That(hidden.ToString(), Is.EqualTo("bf16 [7, 256] on cpu"));
            Assert.That(output.ToString(), Is.EqualTo("float32 [7, 256] on cpu"));
        });
    }

    [Test]
    public void Open_RecordingWithoutModule_HasNoLayer()
    {
        using var recording = GoldenRecording.Open(Path.Combine(TestData.Golden("deepseek_v3_fp8"), "golden.safetensors"));

        Assert.That(recording.Layer, Is.Null);
        Assert.That(recording.Note, Does.StartWith("float32, weights dequantized"));
    }

    [Test]
    public void Open_OutputOfOtherWidth_SaysBoth()
    {
        using var folder = new TemporaryFolder();
        using var tensors = new HostTensors();
        tensors.AddFloats("hidden_states_2", new(2, 2), [1, 2, 3, 4]);
        tensors.AddFloats("output_2", new(2, 1), [1, 2]);
        var path = folder.Place("golden.safetensors");
        tensors.Save(path);

        Assert.That(() => GoldenRecording.Open(path), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{path}: hidden_states_2 and output_2 must be [2, K] in float32, bf16 or fp16, "
            + "got float32 [2, 2] and float32 [2, 1]; "
            + "record the layer again."));
    }

    [Test]
    public void Open_NothingRecorded_SaysWhatIsMissing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.WriteTensors("golden.safetensors", "{}", 0);

        Assert.That(() => GoldenRecording.Open(path), Throws.TypeOf<CheckpointException>().With.Message.EqualTo(
            $"{path}: tensor 'hidden_states_1' must exist, got none among 0 tensors; the file is empty."));
    }
}
