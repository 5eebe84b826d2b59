namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassBatchedWorkspaceTests
{
    private static CutlassLayer Layer(ActivationSpec activation, int gateUp) =>
        new(new MoeShape(16, 2, 64, 24), 4, gateUp, DType.BFloat16, activation);

    private static ExpertsProblem Problem(int gateUp) => new(0, 4, 16, gateUp, 64, 2, MaxTokensPerRank: 5, Dispatchers: 3);

    [Test]
    public void Shapes_FusedActivation_NeedsOnlyTheSecondProductsInput()
    {
        var shapes = CutlassBatchedWorkspace.Shapes(Layer(ActivationSpec.Silu, 48), Problem(48));

        Assert.Multiple(() =>
        {
            Assert.That(shapes.Workspace13.Elements, Is.Zero);
            Assert.That(shapes.Workspace2.Elements, Is.EqualTo(4 * 5 * 3 * 24));
            Assert.That(shapes.Output, Is.EqualTo(new TensorShape(4, 15, 64)));
        });
    }

    [TestCase(ActivationKind.Gelu, 48)]
    [TestCase(ActivationKind.Relu2NoMul, 24)]
    public void Shapes_SeparateActivation_HoldsEveryRowOfTheFirstProduct(ActivationKind kind, int gateUp)
    {
        var shapes = CutlassBatchedWorkspace.Shapes(Layer(new ActivationSpec(kind), gateUp), Problem(gateUp));

        Assert.That(shapes.Workspace13.Elements, Is.EqualTo(4 * 5 * 3 * gateUp));
    }

    [Test]
    public void Shapes_RowsBeyondTheRange_ThrowsInsteadOfWrapping()
    {
        var problem = Problem(48) with { MaxTokensPerRank = int.MaxValue, Dispatchers = int.MaxValue };

        Assert.That(
            () => CutlassBatchedWorkspace.Shapes(Layer(ActivationSpec.Silu, 48), problem), Throws.TypeOf<OverflowException>());
    }
}
