using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>What the batched scheme on a GPU asks for and refuses before anything is launched.</summary>
public sealed class CudaBatchedTests
{
    private const int MaxTokens = 16;
    private const int TopK = 2;
    private const int Hidden = 256;
    private static readonly DeviceId Gpu = DeviceId.Cuda(0);

    [Test]
    public void ScratchBytes_ExpertsThatQuantizeThemselves_HoldsUnquantizedBlocks()
    {
        var quantized = new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128);
        using var plain = Scheme(QuantSpec.None);
        using var eager = Scheme(quantized);
        using var lazy = Scheme(quantized);
        eager.OnComposed(DescribedExperts.Create(expectsUnquantized: false));
        lazy.OnComposed(DescribedExperts.Create(expectsUnquantized: true));

        Assert.That(eager.ScratchBytes(MaxTokens), Is.LessThan(plain.ScratchBytes(MaxTokens)));
        Assert.That(lazy.ScratchBytes(MaxTokens), Is.GreaterThanOrEqualTo(plain.ScratchBytes(MaxTokens)));
    }

    [TestCase(17, Hidden, TopK, 8, 1 << 20, "hidden states must be [0 to 16, 256], got bf16 [17, 256]")]
    [TestCase(4, 128, TopK, 8, 1 << 20, "hidden states must be [0 to 16, 256], got bf16 [4, 128]")]
    [TestCase(4, Hidden, 3, 8, 1 << 20, "top-k ids must be [4, 2], got int32 [4, 3]")]
    [TestCase(4, Hidden, TopK, 7, 1 << 20, "expert map must be int32 [8], got int32 [7]")]
    [TestCase(4, Hidden, TopK, 8, 100, "prepare scratch must be at least ")]
    public void Prepare_TensorThatKernelsWouldReadPast_IsRefused(
        int tokens, int hidden, int topK, int mapped, int scratch, string message)
    {
        using var scheme = Scheme(QuantSpec.None);
        var call = new PrepareCall
        {
            HiddenStates = View(DType.BFloat16, tokens, hidden),
            TopKWeights = View(DType.Float32, tokens, topK),
            TopKIds = View(DType.Int32, tokens, topK),
            ExpertMap = TensorView.Contiguous(4096, DType.Int32, new TensorShape(mapped), Gpu),
            GlobalExperts = 8,
            Scratch = TensorView.Contiguous(4096, DType.UInt8, new TensorShape(scratch), Gpu),
        };

        Assert.That(() => scheme.Prepare(call, null!), Throws.ArgumentException.With.Message.StartsWith(message));
    }

    [TestCase(5, 1 << 20, "top-k ids must be [4, 2], got int32 [5, 2]")]
    [TestCase(4, 100, "scratch must be what prepare got, at least ")]
    public void Finalize_TensorThatKernelsWouldReadPast_IsRefused(int rows, int scratch, string message)
    {
        using var scheme = Scheme(QuantSpec.None);
        var call = new FinalizeCall
        {
            Output = View(DType.BFloat16, 4, Hidden),
            ExpertOutput = View(DType.BFloat16, 8 * MaxTokens, Hidden),
            TopKWeights = View(DType.Float32, rows, TopK),
            TopKIds = View(DType.Int32, rows, TopK),
            GlobalExperts = 8,
            WeightAndReduce = WeightAndReduceSpec.Delegate,
            Scratch = TensorView.Contiguous(4096, DType.UInt8, new TensorShape(scratch), Gpu),
        };

        Assert.That(() => scheme.Finalize(call, null!), Throws.ArgumentException.With.Message.StartsWith(message));
    }

    private static TensorView View(DType dtype, int rows, int columns) =>
        TensorView.Contiguous(4096, dtype, new TensorShape(rows, columns), Gpu);

    private static IPrepareAndFinalize Scheme(QuantSpec quant)
    {
        using var device = new Cpu.CpuDevice();
        var features = new MoeLayerFeatures { ActivationDType = DType.BFloat16, WeightDType = DType.BFloat16, Quant = quant };
        var deployment = new DeploymentSpec { Device = device.Traits, MaxTokens = MaxTokens };
        var context = Layers.Context(null, 8, TopK, Hidden, features, deployment, device);
        return new CudaBatchedDescriptor(CudaDescriptorTests.Parts()).Create(context);
    }
}
