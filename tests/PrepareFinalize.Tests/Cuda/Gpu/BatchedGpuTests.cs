using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class BatchedGpuTests : StepGpuFixture
{
    private const int Tokens = 29;
    private const int TopK = 3;
    private const int Experts = 6;
    private const int Hidden = 72;

    [Test]
    public void PrepareThenFinalize_BlocksAsResults_GivesTheWeightedRows()
    {
        var deployment = new DeploymentSpec { Device = Device.Traits, MaxTokens = 40 };
        var features = new MoeLayerFeatures { ActivationDType = DType.Float32 };
        var context = Layers.Context(null, Experts, TopK, Hidden, features, deployment, Host) with { Device = Device };
        var parts = new CudaLocalParts(
            new CudaActivationQuantizer(Launcher),
            new CudaElementwise(Launcher),
            new CudaReduction(Launcher),
            new CudaExpertAlignment(Launcher),
            Launcher);
        using var scheme = new CudaBatchedDescriptor(parts).Create(context);

        // Repeated ids, -1 and ids beyond the experts are all in there.
        var ids = Enumerable.Range(0, Tokens * TopK).Select(i => ((i * i) % 8) - 1).ToArray();
        using var input = HostTensor.Random(DType.Float32, Tokens, Hidden, 2);
        var weights = HostTensor.Normals(Tokens * TopK, 3);
        using var gpuInput = Upload(input.View);
        using var gpuIds = Upload(HostTensor.Of(DType.Int32, new TensorShape(Tokens, TopK), ids).View);
        using var gpuWeights = Upload(HostTensor.Of(DType.Float32, new TensorShape(Tokens, TopK), weights).View);
        using var scratch = Poisoned(DType.UInt8, scheme.ScratchBytes(Tokens));
        using var output = Poisoned(DType.Float32, Tokens, Hidden);
        var prepared = scheme.Prepare(
            new PrepareCall
            {
                HiddenStates = gpuInput.View,
                TopKWeights = gpuWeights.View,
                TopKIds = gpuIds.View,
                GlobalExperts = Experts,
                Scratch = scratch.View,
            },
            Stream);
        var counts = new byte[Experts * sizeof(int)];
        Stream.CopyToHost(prepared.ExpertTokens.Counts.Pointer, counts);
        scheme.Finalize(
            new FinalizeCall
            {
                Output = output.View,
                ExpertOutput = prepared.Activations,
                TopKWeights = gpuWeights.View,
                TopKIds = gpuIds.View,
                GlobalExperts = Experts,
                WeightAndReduce = WeightAndReduceSpec.Delegate,
                Scratch = scratch.View,
            },
            Stream);

        var tokens = ids.Chunk(TopK).ToArray();
        Assert.That(
            Enumerable.Range(0, Experts).Select(e => BitConverter.ToInt32(counts, e * sizeof(int))),
            Is.EqualTo(Enumerable.Range(0, Experts).Select(e => tokens.Count(t => t.Contains(e)))));
        var (actual, x) = (output.Floats(), input.ToFloats());
        for (var i = 0; i < actual.Length; i++)
        {
            var sum = 0f;
            for (var j = 0; j < TopK; j++)
            {
                var pair = (i / Hidden * TopK) + j;
                sum += (uint)ids[pair] < Experts ? weights[pair] * x[i] : 0f;
            }

            Assert.That(actual[i], Is.EqualTo(sum), $"[{i / Hidden}, {i % Hidden}]");
        }
    }
}
