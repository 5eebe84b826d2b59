namespace FusedMoe.Experts.Triton.Tests;

[TestFixture]
public sealed class TritonWorkspaceTests
{
    private static readonly int[] Blocks = [16, 32, 64, 128, 256];

    [Test]
    public void Shapes_GrowingTokens_NeverShrink()
    {
        var workspace = Make(TestImages.Layer());
        var before = workspace.Shapes(1);
        for (var rows = 2; rows < 700; rows++)
        {
            var shapes = workspace.Shapes(rows);
            Assert.That(shapes.Workspace13.Elements, Is.GreaterThanOrEqualTo(before.Workspace13.Elements));
            Assert.That(shapes.Workspace2.Elements, Is.GreaterThanOrEqualTo(before.Workspace2.Elements));
            before = shapes;
        }
    }

    [Test]
    public void Shapes_Output_IsTokensByHidden() =>
        Assert.That(Make(TestImages.Layer()).Shapes(5).Output, Is.EqualTo(new TensorShape(5, 2048)));

    [Test]
    public void Regions_AnyRowBlock_LieOneAfterAnotherInsideTheShape()
    {
        foreach (var activation in new[] { ActivationSpec.Silu, new ActivationSpec(ActivationKind.Gelu) })
        {
            var layer = TestImages.Layer(activation: activation);
            var workspace = Make(layer);
            foreach (var rows in new[] { 1, 3, 64, 1000 })
            {
                var bytes = workspace.Shapes(rows).Workspace2.Elements * 2;
                foreach (var block in Blocks)
                {
                    var r = workspace.Regions(rows, block);
                    var products = 2L * rows * 8 * (activation.Kind == ActivationKind.Silu ? 2048 : Math.Max(1536, 2048));
                    var ends = new[]
                    {
                        products, r.SortedPairs, r.SortedPairs + (4L * r.Capacity), r.BlockExperts,
                        r.BlockExperts + (4L * r.Blocks), r.PaddedRows, r.PaddedRows + 4, r.Scratch,
                        r.Scratch + r.ScratchBytes, r.InnerScales, r.End, bytes,
                    };
                    Assert.That(ends, Is.Ordered, $"rows {rows}, block {block}: {r}");
                    Assert.That(r.SortedPairs % 256 + r.BlockExperts % 256 + r.PaddedRows % 256, Is.Zero);
                }
            }
        }
    }

    [Test]
    public void Shapes_SeparateActivation_HoldsTheWiderFirstProduct()
    {
        var fused = Make(TestImages.Layer(intermediate: 4096)).Shapes(64).Workspace2.Elements;
        var layer = TestImages.Layer(intermediate: 4096, activation: new ActivationSpec(ActivationKind.Gelu));
        Assert.That(Make(layer).Shapes(64).Workspace2.Elements - fused, Is.EqualTo(64L * 8 * 4096));
    }

    private static TritonWorkspace Make(TritonLayer layer) => new(layer, Blocks, new FixedAlignment(), null);

    /// <summary>The published bounds of an alignment, and 40 bytes of scratch.</summary>
    private sealed class FixedAlignment : IExpertAlignment
    {
        public DeviceKind DeviceKind => DeviceKind.Cuda;

        public int Capacity(int pairs, int localExperts, int blockSize)
        {
            var rows = Math.Min((long)pairs + ((long)localExperts * (blockSize - 1)), (long)pairs * blockSize);
            return (int)((rows + blockSize - 1) / blockSize * blockSize);
        }

        public long ScratchBytes(int pairs, int localExperts) => 40;

        public void Align(in ExpertAlignmentCall call, IComputeStream stream) =>
            throw new NotSupportedException("This alignment only answers how much memory one needs.");
    }
}
