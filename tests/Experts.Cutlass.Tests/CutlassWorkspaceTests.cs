namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class CutlassWorkspaceTests
{
    private const int ElementBytes = 2;

    private static CutlassLayer Layer(ActivationSpec activation, int gateUp, int hidden = 200) =>
        new(new MoeShape(128, 8, hidden, 72), 128, gateUp, DType.BFloat16, activation);

    private static CutlassWorkspace Workspace(CutlassLayer layer) => new(layer, new RecordingAlignment());

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(1000)]
    public void Shapes_SlotsRows_LieBehindTheOutputThatSharesTheirMemory(int tokens)
    {
        var workspace = Workspace(Layer(ActivationSpec.Silu, 144));
        var shapes = workspace.Shapes(tokens);
        var slots = workspace.SlotOffset(tokens);

        Assert.Multiple(() =>
        {
            Assert.That(shapes.Output, Is.EqualTo(new TensorShape(tokens, 200)));
            Assert.That(slots, Is.GreaterThanOrEqualTo(shapes.Output.Elements * ElementBytes));
            Assert.That(slots % 16, Is.Zero);
            Assert.That(shapes.Workspace13.Elements * ElementBytes, Is.EqualTo(slots + (tokens * 8L * 200 * ElementBytes)));
        });
    }

    [Test]
    public void Shapes_SeparateActivation_HasRoomForTheFirstProductsRows()
    {
        var shapes = Workspace(Layer(new ActivationSpec(ActivationKind.Gelu), 144, hidden: 64)).Shapes(100);

        Assert.That(shapes.Workspace13.Elements, Is.EqualTo(100 * 8 * 144));
    }

    [Test]
    public void Regions_Tables_DoNotOverlap()
    {
        var regions = Workspace(Layer(ActivationSpec.Silu, 144)).Regions(80);

        Assert.Multiple(() =>
        {
            Assert.That(regions.SortedPairs, Is.GreaterThanOrEqualTo(80 * 72 * ElementBytes));
            Assert.That(regions.ExpertOffsets, Is.GreaterThanOrEqualTo(regions.SortedPairs + (80 * sizeof(int))));
            Assert.That(regions.Scratch, Is.GreaterThanOrEqualTo(regions.ExpertOffsets + (129 * sizeof(int))));
            Assert.That(regions.End, Is.GreaterThanOrEqualTo(regions.Scratch));
        });
    }
}
