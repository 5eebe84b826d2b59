using Microsoft.Extensions.Options;

namespace FusedMoe.PrepareFinalize.Tests;

public sealed class CudaServicesTests
{
    private static readonly CudaLauncher Launcher = new(Options.Create(new PrepareFinalizeOptions()));

    [TestCase(0, 8, 16, 0)]
    [TestCase(1, 8, 16, 16)]
    [TestCase(8, 128, 16, 128)]
    [TestCase(4096, 128, 64, 12160)]
    [TestCase(7, 4, 1, 7)]
    public void Capacity_PairsExpertsBlock_IsWorstCaseInWholeBlocks(int pairs, int experts, int block, int expected) =>
        Assert.That(new CudaExpertAlignment(Launcher).Capacity(pairs, experts, block), Is.EqualTo(expected));

    [TestCase(2048, 0)]
    [TestCase(2049, 5 * 256 * 4)]
    public void ScratchBytes_OneChunkOrMore_CountsChunks(int pairs, long expected) =>
        Assert.That(new CudaExpertAlignment(Launcher).ScratchBytes(pairs, 256), Is.EqualTo(expected));

    // A stage's scratch is made for its longest call and handed to shorter ones, which may be cut into more chunks.
    [TestCase(1)]
    [TestCase(128)]
    [TestCase(300)]
    public void ScratchBytes_OfMorePairs_HoldsTheChunksOfFewer(int experts)
    {
        var alignment = new CudaExpertAlignment(Launcher);
        var numbers = Enumerable.Range(2049, 150_000);
        Assert.Multiple(() =>
        {
            Assert.That(
                numbers.Where(p => alignment.ScratchBytes(p, experts) < alignment.ScratchBytes(p - 1, experts)), Is.Empty);
            Assert.That(
                numbers.Where(p => alignment.ScratchBytes(p, experts) < ChunkBytes(p)), Is.Empty);
        });

        long ChunkBytes(int pairs) => (long)CudaExpertAlignment.Chunks(pairs, experts) * experts * sizeof(int);
    }

    [Test]
    public void Supports_EveryActivationKeyOfTheField_IsYes()
    {
        var quantizer = new CudaActivationQuantizer(Launcher);
        QuantKey[] accepted =
        [
            QuantKeys.Fp8StaticTensor, QuantKeys.Fp8DynamicTensor, QuantKeys.Fp8StaticToken, QuantKeys.Fp8DynamicToken,
            QuantKeys.Fp8DynamicBlock128, QuantKeys.Fp8DynamicGroup128, QuantKeys.Fp8DynamicGroup64,
            QuantKeys.Fp8DynamicGroup32, QuantKeys.Int8StaticTensor, QuantKeys.Int8DynamicTensor, QuantKeys.Int8DynamicToken,
            QuantKeys.Mxfp4Dynamic, QuantKeys.Mxfp8Dynamic, QuantKeys.Nvfp4Dynamic,
        ];
        Assert.That(accepted.Where(k => !quantizer.Supports(k).IsYes), Is.Empty);
        Assert.That(quantizer.Supports(QuantKeys.Int4StaticGroup128).Refusal!.Code, Is.EqualTo(RefusalCodes.QuantScheme));
    }

    [Test]
    public void ScaleShape_GroupsTilesTokens_RoundUp()
    {
        var quantizer = new CudaActivationQuantizer(Launcher);
        Assert.That(quantizer.ScaleShape(QuantKeys.Fp8DynamicGroup128, 3, 300), Is.EqualTo(new TensorShape(3, 3)));
        Assert.That(quantizer.ScaleShape(QuantKeys.Fp8DynamicBlock128, 129, 300), Is.EqualTo(new TensorShape(2, 3)));
        Assert.That(quantizer.ScaleShape(QuantKeys.Int8DynamicToken, 3, 300), Is.EqualTo(new TensorShape(3, 1)));
    }

    [Test]
    public void Kernel_CpuStream_IsRefused() => Assert.That(
        () => Launcher.Kernel("sm80_any_activation_silu", null!),
        Throws.ArgumentException.With.Message.Contains("CUDA stream"));
}
