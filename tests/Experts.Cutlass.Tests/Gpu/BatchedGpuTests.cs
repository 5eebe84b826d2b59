namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>The products over a block of rows an expert: which rows are computed, and that no other is written.</summary>
public sealed class BatchedGpuTests : GpuFixture
{
    private const int Capacity = 203;
    private const int Hidden = 200;
    private const int Intermediate = 136;
    private const ushort Poison = 0xFFFF;

    // Rows of several tiles, none, one, a part of a tile, a wide box of the second product and rows beside it; last a count
    // that the block cannot hold, whose boxes end behind all rows.
    private static readonly int[] Counts = [Capacity, 0, 1, 17, 64, 97, 999];

    private static readonly CutlassLayer Layer = new(
        new MoeShape(Counts.Length, 2, Hidden, Intermediate),
        Counts.Length,
        2 * Intermediate,
        DType.BFloat16,
        ActivationSpec.Silu);

    private static IEnumerable<string> Tiles => CutlassTile.All.Select(t => t.Key);

    [TestCaseSource(nameof(Tiles))]
    public void First_LiveRows_AreCloseToFloat64AndDeadOnesKeepTheirBits(string key)
    {
        using var data = new BatchedOperands(Stream, Layer, Counts, Capacity);
        var output = data.Run(Launcher(), CutlassTile.Parse(key)!.Value, isFirst: true);

        Check(output, Intermediate, (expert, row) =>
        {
            var sums = data.Product(data.W13Bits, data.XBits, expert, row, 2 * Intermediate, Hidden);
            double Activated(int column) => sums[column] / (1 + Math.Exp(-sums[column])) * sums[Intermediate + column];
            return [.. Enumerable.Range(0, Intermediate).Select(Activated)];
        });
    }

    [TestCaseSource(nameof(Tiles))]
    public void Second_LiveRows_AreCloseToFloat64AndDeadOnesKeepTheirBits(string key)
    {
        using var data = new BatchedOperands(Stream, Layer, Counts, Capacity);
        var output = data.Run(Launcher(), CutlassTile.Parse(key)!.Value, isFirst: false);

        Check(output, Hidden, (expert, row) => data.Product(data.W2Bits, data.MiddleBits, expert, row, Hidden, Intermediate));
    }

    private CutlassLauncher Launcher() =>
        new(CutlassImages.FromAssembly().Library, Layer, Device, isProgrammatic: false);

    private static void Check(ushort[] output, int width, Func<int, int, double[]> expected)
    {
        for (var row = 0; row < Counts.Length * Capacity; row++)
        {
            var (expert, inside) = (row / Capacity, row % Capacity);
            var actual = output.AsSpan(row * width, width).ToArray();
            if (inside >= Counts[expert])
            {
                Assert.That(actual, Is.All.EqualTo(Poison), $"dead row {inside} of expert {expert}");
                continue;
            }

            var wanted = expected(expert, row);
            for (var i = 0; i < width; i++)
            {
                var value = Numbers16.Value(DType.BFloat16, actual[i]);
                var tolerance = (Numbers16.Rounding(DType.BFloat16) * Math.Abs(wanted[i])) + 2e-4;
                Assert.That(
                    Math.Abs(value - wanted[i]) <= tolerance,
                    $"row {inside} of expert {expert}, feature {i}: {value} for {wanted[i]}");
            }
        }
    }
}
