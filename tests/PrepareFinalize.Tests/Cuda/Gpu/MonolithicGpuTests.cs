using FusedMoe.PrepareFinalize.Tests.Support;

namespace FusedMoe.PrepareFinalize.Tests;

/// <summary>No shipped experts of a GPU route inside, so the suite has no pair that would drive this scheme.</summary>
public sealed class MonolithicGpuTests : StepGpuFixture
{
    private const int Tokens = 21;
    private const int Valid = 13;
    private const int Hidden = 256;

    [Test]
    public void PrepareThenFinalize_ValidTokens_HasTheBitsOfTheCpuAndLeavesTheRowsBeyond()
    {
        var quant = new QuantSpec(QuantKeys.Fp8StaticBlock128, QuantKeys.Fp8DynamicGroup128);
        var features = new MoeLayerFeatures { ActivationDType = DType.BFloat16, Quant = quant };
        var deployment = new DeploymentSpec { Device = Device.Traits, MaxTokens = Tokens };
        var context = Layers.Context(null, 8, 2, Hidden, features, deployment, Host);
        using var expected = new LocalMonolithicDescriptor().CreateMonolithic(context);
        using var actual = new CudaLocalMonolithicDescriptor(
            new CudaLocalParts(
                new CudaActivationQuantizer(Launcher),
                new CudaElementwise(Launcher),
                new CudaReduction(Launcher),
                new CudaExpertAlignment(Launcher),
                Launcher)).CreateMonolithic(context with { Device = Device });
        using var hidden = HostTensor.Random(DType.BFloat16, Tokens, Hidden, 5);
        using var logits = HostTensor.Random(DType.Float32, Tokens, 8, 6);
        using var valid = HostTensor.Of(DType.Int32, new TensorShape(1), Valid);
        using var scratch = new HostTensor(DType.UInt8, new TensorShape(expected.ScratchBytes(Tokens)));
        var wanted = expected.Prepare(
            Call(hidden.View, logits.View, valid.View, scratch.View, quant.Activation!), HostStream);
        using var gpuHidden = Upload(hidden.View);
        using var gpuLogits = Upload(logits.View);
        using var gpuValid = Upload(valid.View);
        using var gpuScratch = Poisoned(DType.UInt8, actual.ScratchBytes(Tokens));
        var prepared = actual.Prepare(
            Call(gpuHidden.View, gpuLogits.View, gpuValid.View, gpuScratch.View, quant.Activation!), Stream);

        Assert.That(prepared.RouterLogits, Is.EqualTo(gpuLogits.View));
        Assert.That(Live(Read(prepared.Activations)), Is.EqualTo(Live(HostBytes(wanted.Activations))), "elements");
        Assert.That(Live(Read(prepared.Scales)), Is.EqualTo(Live(HostBytes(wanted.Scales))), "scales");

        using var output = Poisoned(DType.Float32, Tokens, Hidden);
        actual.Finalize(output.View, gpuHidden.View, gpuValid.View, Stream);
        var (floats, x) = (output.Floats(), hidden.ToFloats());
        Assert.That(floats.Take(Valid * Hidden), Is.EqualTo(x.Take(Valid * Hidden)));
        Assert.That(floats.Skip(Valid * Hidden).All(float.IsNaN), "rows beyond the valid ones keep their poison");
    }

    private static MonolithicPrepareCall Call(
        TensorView hidden, TensorView logits, TensorView valid, TensorView scratch, QuantKey key) => new()
        {
            HiddenStates = hidden,
            RouterLogits = logits,
            Quant = key,
            Scratch = scratch,
            ValidTokens = valid,
        };

    private static byte[] Live(byte[] rows) => rows[..(rows.Length / Tokens * Valid)];

    private static byte[] HostBytes(TensorView view) =>
        view.Reinterpret(DType.UInt8, new TensorShape(view.Bytes)).AsSpan<byte>().ToArray();

    private byte[] Read(TensorView view)
    {
        var bytes = new byte[view.Bytes];
        Stream.CopyToHost(view.Pointer, bytes);
        return bytes;
    }
}
