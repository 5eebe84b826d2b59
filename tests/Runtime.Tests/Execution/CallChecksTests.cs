using FusedMoe.Runtime.Tests.Fakes;

namespace FusedMoe.Runtime.Tests.Execution;

public sealed class CallChecksTests
{
    [Test]
    public void Apply_HiddenTooWide_NamesBoth() => Expect(
        s => s.Call(2) with { HiddenStates = s.Tensors.Floats(2, 9) },
        "hidden states must be float32 [2, 8] on cpu, got float32 [2, 9] on cpu.");

    [Test]
    public void Apply_HiddenOfWrongType_NamesBoth() => Expect(
        s => s.Call(2) with { HiddenStates = s.Tensors.New(DType.BFloat16, 2, 8) },
        "hidden states must be float32 [2, 8] on cpu, got bf16 [2, 8] on cpu.");

    [Test]
    public void Apply_TooManyTokens_NamesTheMaximum() => Expect(
        s => s.Call(9), "hidden states must be float32 [0 to 8, 8] on cpu, got float32 [9, 8] on cpu.");

    [Test]
    public void Apply_OutputShorter_NamesBoth() => Expect(
        s => s.Call(3) with { Output = s.Tensors.Floats(2, 8) },
        "output must be float32 [3, 8] on cpu, got float32 [2, 8] on cpu.");

    [Test]
    public void Apply_OutputIsInput_IsRefused() => Expect(
        s =>
        {
            var call = s.Call(2);
            return call with { Output = call.HiddenStates };
        },
        "output must not overlap the hidden states, got float32 [2, 8] on cpu at the same memory; give it its own.");

    [Test]
    public void Apply_IdsWithoutWeights_IsRefused() => Expect(
        s => s.Call(1) with { TopKIds = s.Tensors.Ints([0, 1], 1, 2) },
        "top-k weights must be given exactly when top-k ids are, got ids int32 [1, 2] on cpu and weights none.");

    [Test]
    public void Apply_IdsOfWrongWidth_NamesBoth() => Expect(
        s => s.Call(1) with { TopKIds = s.Tensors.Ints([0], 1, 1), TopKWeights = s.Tensors.Floats(1, 1) },
        "top-k ids must be int32 [1, 2] on cpu, got int32 [1, 1] on cpu.");

    [Test]
    public void Apply_LogitsOfWrongWidth_NamesBoth() => Expect(
        s => s.Call(1) with { RouterLogits = s.Tensors.Floats(1, 5) },
        "router logits must be float32 [1, 4] on cpu, got float32 [1, 5] on cpu.");

    [Test]
    public void Apply_Strided_IsRefused() => Expect(
        s => s.Call(2) with { HiddenStates = s.Tensors.Floats(2, 16).Slice(1, 0, 8) },
        "hidden states must be contiguous, got float32 [2, 8] on cpu with strides [16, 1].");

    [Test]
    public void Apply_NegativeHint_IsRefused() => Expect(
        s => s.Call(2) with { TokensHint = -1 }, "tokens hint must be 0 (all rows) or more, got -1.");

    [Test]
    public void Apply_NothingToRouteBy_SaysWhatIsMissing()
    {
        using var setup = new KernelSetup();
        setup.Weights = setup.Weights with { Gate = TensorView.None };

        Assert.That(() => setup.Kernel.Apply(setup.Call(1), setup.Stream), Throws.ArgumentException.With.Message.EqualTo(
            "router logits must be given because the layer has no gate weight, got none."));
    }

    private static void Expect(Func<KernelSetup, MoeKernelCall> call, string message)
    {
        using var setup = new KernelSetup();
        var bad = call(setup);

        Assert.That(() => setup.Kernel.Apply(bad, setup.Stream), Throws.ArgumentException.With.Message.EqualTo(message));
        Assert.That(setup.Log.Entries, Is.Empty);
    }
}
