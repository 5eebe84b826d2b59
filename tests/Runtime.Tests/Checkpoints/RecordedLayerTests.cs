using FusedMoe.Runtime.Checkpoints;

namespace FusedMoe.Runtime.Tests.Checkpoints;

/// <summary>
/// Every recorded layer, loaded and evaluated in float64 by <see cref="ReferenceLayer"/>, against the recorded output:
/// checks names, layouts, routing, activation, shared experts and quantization of each family without any backend.
/// </summary>
public sealed class RecordedLayerTests
{
    private const double Tolerance = 0.005;

    private static readonly DeviceKind[] Kinds = [DeviceKind.Cpu, DeviceKind.Cuda];

    [Test]
    public void RecordedLayers_InTheTree_CoverEveryModelType()
    {
        var recorded = TestData.RecordedLayers().Select(ModelTypeOf);

        // X_text is what X holds inside, and is read by the same data. Multimodal models may hold any known one.
        Assert.That(recorded.Where(MoeCheckpoint.KnownModelTypes.Contains).Distinct(), Is.EquivalentTo(
            MoeCheckpoint.KnownModelTypes.Where(t => !t.EndsWith("_text", StringComparison.Ordinal))));
    }

    [Test]
    public void LoadLayer_Recorded_ReproducesTheOutput(
        [ValueSource(typeof(TestData), nameof(TestData.RecordedLayers))] string name,
        [ValueSource(nameof(Kinds))] DeviceKind kind)
    {
        var folder = Path.Combine(TestData.Root, name);
        using var recording = GoldenRecording.Open(Path.Combine(folder, "golden.safetensors"));
        using var device = new TestDevice(kind);
        using var stream = device.CreateStream();
        using (var layer = Load(folder, recording.Layer, device, stream))
        {
            var reference = new ReferenceLayer(layer);

            // Copies differ from views in their bytes only, so fewer tokens tell.
            foreach (var tokens in recording.TokenCounts.Where(t => kind == DeviceKind.Cpu || t < 10))
            {
                var (hidden, output) = recording.Case(tokens);
                Assert.That(Difference(reference, hidden, output), Is.LessThanOrEqualTo(Tolerance), $"{name}, {tokens} tokens");
            }
        }

        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    private static string ModelTypeOf(string name)
    {
        using var checkpoint = MoeCheckpoint.Open(Path.Combine(TestData.Root, name));
        return checkpoint.ModelType;
    }

    private static LoadedMoeLayer Load(string folder, int? index, TestDevice device, IComputeStream stream)
    {
        using var checkpoint = MoeCheckpoint.Open(folder);
        return checkpoint.LoadLayer(index ?? checkpoint.Layers.Single().Index, device, stream);
    }

    private static double Difference(ReferenceLayer layer, TensorView hidden, TensorView output)
    {
        var width = (int)hidden.Shape[1];
        var (difference, norm) = (0.0, 0.0);
        for (var row = 0; row < hidden.Shape[0]; row++)
        {
            var token = Enumerable.Range(0, width).Select(c => Numbers.At(hidden, ((long)row * width) + c)).ToArray();
            var computed = layer.Apply(token);
            for (var c = 0; c < width; c++)
            {
                var expected = Numbers.At(output, ((long)row * width) + c);
                difference += Math.Pow(computed[c] - expected, 2);
                norm += Math.Pow(expected, 2);
            }
        }

        return Math.Sqrt(difference / norm);
    }
}
