namespace FusedMoe.Experts.Cpu.Tests;

/// <summary>The fast experts against the float64 ones.</summary>
public sealed class CpuExpertsAccuracyTests
{
    private static readonly MoeShape BlockShape = new(5, 2, 256, 128);

    private static IEnumerable<LayerCase> Activations() =>
        from activation in new ActivationSpec[]
        {
            new(ActivationKind.Silu), new(ActivationKind.Silu, limit: 0.4f), new(ActivationKind.Gelu),
            new(ActivationKind.GeluTanh), new(ActivationKind.SwigluOai), new(ActivationKind.SwigluOai, limit: 0.4f),
            new(ActivationKind.SwigluOaiUninterleave, limit: 0.5f, alpha: 1.702f, beta: 1f),
            new(ActivationKind.SwigluStep, limit: 0.2f), new(ActivationKind.Situ, beta: 0.7f),
            new(ActivationKind.Situ, beta: 4f, linearBeta: 0.5f), new(ActivationKind.SiluNoMul),
            new(ActivationKind.GeluNoMul), new(ActivationKind.GeluTanhNoMul), new(ActivationKind.Relu2NoMul),
        }
        from bias in new[] { false, true }
        select new LayerCase { Activation = activation, Features = new MoeLayerFeatures { HasExpertBias = bias } };

    private static IEnumerable<LayerCase> Types() =>
        from activation in new[] { DType.Float32, DType.BFloat16, DType.Float16 }
        from weight in new[] { DType.Float32, DType.BFloat16, DType.Float16 }
        select new LayerCase { Features = new MoeLayerFeatures { ActivationDType = activation, WeightDType = weight } };

    private static IEnumerable<LayerCase> Shapes() =>
        from shape in new MoeShape[]
        {
            new(1, 1, 16, 16), new(3, 3, 7, 5), new(8, 2, 130, 97), new(64, 6, 33, 200), new(4, 1, 512, 300),
        }
        from tokens in new[] { 1, 2, 33, 150 }
        select new LayerCase { Shape = shape, Tokens = tokens };

    private static IEnumerable<LayerCase> Quants() =>
        from weight in QuantKeys.All.Where(k => CpuRefusals.Quant(new(k, null), DType.BFloat16, DType.BFloat16).IsYes)
        from activation in QuantKeys.All.Where(
            k => CpuRefusals.Quant(new(weight, k), DType.BFloat16, DType.BFloat16).IsYes)
            .Prepend(null)
        select new LayerCase
        {
            Shape = BlockShape,
            Tokens = 7,
            Features = new MoeLayerFeatures { Quant = new QuantSpec(weight, activation) },
        };

    [TestCaseSource(nameof(Activations))]
    [TestCaseSource(nameof(Types))]
    [TestCaseSource(nameof(Shapes))]
    public void Apply_AnyUnquantizedLayer_AgreesWithReference(LayerCase c) => AssertAgrees(c, InstructionSet.Auto);

    [TestCaseSource(nameof(Quants))]
    public void Apply_AnyQuantizedLayer_AgreesWithReference(LayerCase c) => AssertAgrees(c, InstructionSet.Auto);

    [Test]
    public void Apply_EachInstructionSet_AgreesWithReference(
        [Values] InstructionSet set, [Values(1, 17)] int tokens, [Values(DType.BFloat16, DType.Float32)] DType dtype)
    {
        if (set != InstructionSet.Auto && !DotKernels.Available().Contains(set))
        {
            Assert.Ignore($"This machine does not have {set}; it has {string.Join(", ", DotKernels.Available())}.");
        }

        AssertAgrees(
            new LayerCase
            {
                Shape = new(5, 2, 200, 104),
                Tokens = tokens,
                Features = new MoeLayerFeatures { ActivationDType = dtype, WeightDType = dtype },
            },
            set);
    }

    private static void AssertAgrees(LayerCase c, InstructionSet set)
    {
        using var call = new TestCall(c);
        using var fast = TestExperts.Cpu(c, set);
        using var reference = TestExperts.Reference(c);
        var actual = call.Run(fast);
        var expected = call.Run(reference);
        Assert.That(Closeness.RelativeError(actual, expected), Is.LessThan(Closeness.Tolerance(c)), $"{set}: {c}");
    }
}
