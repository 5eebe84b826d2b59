namespace FusedMoe.Conformance.Tests;

/// <summary>Layers small enough to compute by hand: one hidden unit, one intermediate unit.</summary>
public sealed class ReferenceLayerTests
{
    private static readonly ActivationSpec Square = new(ActivationKind.Relu2NoMul);

    [Test]
    public void Run_TwoExperts_WeighsAndSumsTheirOutputs()
    {
        var output = Run([2f], [0, 1], [0.5f, 0.25f], topK: 2);

        Assert.That(output[0], Is.EqualTo((0.5 * 4 * 10) + (0.25 * 36 * 20)).Within(1e-9));
    }

    [TestCase(-1)]
    [TestCase(2)]
    [TestCase(int.MaxValue)]
    public void Run_InvalidId_ContributesNothing(int id)
    {
        var output = Run([2f], [id, 1], [float.NaN, 0.25f], topK: 2);

        Assert.That(output[0], Is.EqualTo(0.25 * 36 * 20).Within(1e-9));
    }

    [Test]
    public void Run_WeightOnInput_MultipliesTheInputOnly()
    {
        var output = Run([2f], [1], [0.5f], topK: 1, onInput: true);

        Assert.That(output[0], Is.EqualTo(9 * 20).Within(1e-9));
    }

    [Test]
    public void Run_ExpertsElsewhere_ContributeNothing()
    {
        var layer = Layer(2, false);

        var output = ReferenceLayer.Run(layer, Weights(), Inputs([2f], [0, 1], [0.5f, 0.25f]), e => e == 0);

        Assert.That(output[0], Is.EqualTo(0.5 * 4 * 10).Within(1e-9));
    }

    private static double[] Run(float[] hidden, int[] ids, float[] weights, int topK, bool onInput = false) =>
        ReferenceLayer.Run(Layer(topK, onInput), Weights(), Inputs(hidden, ids, weights));

    private static MoeLayerSpec Layer(int topK, bool onInput) => new(
        new MoeShape(2, topK, 1, 1),
        RoutingSpec.For(RoutingMethod.Renormalize),
        Square,
        new MoeLayerFeatures
        {
            ActivationDType = DType.Float32,
            WeightDType = DType.Float32,
            RouterWeightOnInput = onInput,
        });

    /// <summary>Expert 0 multiplies by 1 and 10, expert 1 by 3 and 20.</summary>
    private static LayerWeights Weights() => new()
    {
        W13 = new QuantizedWeight(null, HostTensor.FromFloats(DType.Float32, new TensorShape(2, 1, 1), [1f, 3f])),
        W2 = new QuantizedWeight(null, HostTensor.FromFloats(DType.Float32, new TensorShape(2, 1, 1), [10f, 20f])),
        Gate = HostTensor.FromFloats(DType.Float32, new TensorShape(2, 1), [0f, 0f]),
    };

    private static LayerInputs Inputs(float[] hidden, int[] ids, float[] weights) => new()
    {
        Hidden = HostTensor.FromFloats(DType.Float32, new TensorShape(1, 1), hidden),
        Logits = HostTensor.FromFloats(DType.Float32, new TensorShape(1, 2), [0f, 0f]),
        TokenIds = HostTensor.FromInts(new TensorShape(1), [0]),
        Slots = ids.Length,
        Ids = ids,
        Weights = weights,
    };
}
