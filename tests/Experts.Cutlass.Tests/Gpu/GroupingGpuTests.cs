namespace FusedMoe.Experts.Cutlass.Tests;

/// <summary>Grouped products of calls around the edge up to which blocks group pairs themselves.</summary>
public sealed class GroupingGpuTests : GpuFixture
{
    private const ushort Poison = 0xFFFF;

    // 32 tokens of 8 slots are the most pairs that blocks group.
    private static readonly DecodeProblem Edge = new(64, 8, 136, 72, 32);

    private static IEnumerable<DecodeProblem> Problems =>
    [
        Edge, Edge with { Tokens = 33 }, Edge with { Tokens = 31 }, Edge with { Tokens = 1 }, Edge with { Tokens = 64 },
        Edge with { HasMap = true }, Edge with { HasOddIds = true }, Edge with { HasMap = true, HasOddIds = true },
        Edge with { Valid = 0 }, Edge with { Valid = 1 }, Edge with { Valid = 19 }, Edge with { Valid = -3 },
        Edge with { Valid = 32 }, Edge with { Valid = int.MaxValue }, Edge with { Valid = 13, HasMap = true, HasOddIds = true },
        Edge with { IsSkewed = true }, Edge with { DType = DType.Float16 },
        Edge with { Activation = new(ActivationKind.SwigluOai) },
        new DecodeProblem(1, 1, 136, 72, 256), new DecodeProblem(1, 1, 136, 72, 257), new DecodeProblem(7, 1, 136, 72, 256),
        new DecodeProblem(32, 32, 136, 72, 8), new DecodeProblem(1024, 32, 136, 72, 8),
        new DecodeProblem(1024, 32, 136, 72, 8) { HasMap = true, HasOddIds = true }, new DecodeProblem(33, 4, 1032, 520, 64),
    ];

    private static IEnumerable<object[]> Cases =>
        from problem in Problems
        from tile in CutlassTile.All
        select new object[] { problem, tile.Key };

    [TestCaseSource(nameof(Cases))]
    public void Products_GroupedInBlocks_HaveTheBitsOfTheAlignedOnes(object given, string key)
    {
        var (problem, tile) = ((DecodeProblem)given, CutlassTile.Parse(key)!.Value);
        using var call = new GroupingCall(Stream, problem);
        var launcher = Launcher(problem);
        var aligned = call.Run(launcher, tile, isAligned: true);
        Assert.That(call.Alignment.Calls, Is.EqualTo(1));
        var grouped = call.Run(launcher, tile, isAligned: false);

        var isInBlocks = CutlassGroupingHeuristic.GroupsInBlocks(tile, problem.Pairs);
        Assert.That(call.Alignment.Calls, Is.EqualTo(isInBlocks ? 1 : 2));
        Assert.That(grouped.Middle, Is.EqualTo(aligned.Middle), $"rows of the first product of {problem}");
        Assert.That(grouped.Output, Is.EqualTo(aligned.Output), $"rows of the second product of {problem}");
        CheckWritten(problem, grouped.Output);
    }

    // Nothing on the host stands between these calls: each starts on what the one before left, its counter too. Both products
    // have about 300 tiles, more than a GPU has multiprocessors.
    [Test]
    public void Products_CallAfterCall_HaveTheSameBits([Values("16x1", "64x1", "128x1", "160x1")] string key)
    {
        var problem = new DecodeProblem(33, 4, 1032, 520, 64);
        var tile = CutlassTile.Parse(key)!.Value;
        using var call = new GroupingCall(Stream, problem);
        var launcher = Launcher(problem);
        var first = call.Run(launcher, tile, isAligned: true);
        for (var run = 0; run < 20; run++)
        {
            call.Launch(launcher, tile, isAligned: false);
        }

        var last = call.Results();
        Assert.That(last.Middle, Is.EqualTo(first.Middle));
        Assert.That(last.Output, Is.EqualTo(first.Output));
    }

    // Live pairs have a row of numbers, the others keep their poison.
    private static void CheckWritten(DecodeProblem problem, ushort[] output)
    {
        var local = problem.LocalOf();
        for (var pair = 0; pair < problem.Pairs; pair++)
        {
            var row = output.AsSpan(pair * problem.Hidden, problem.Hidden);
            var poisoned = row.Count(Poison);
            Assert.That(poisoned, Is.EqualTo(local[pair] < 0 ? problem.Hidden : 0), $"pair {pair} of {problem}");
        }
    }

    private CutlassLauncher Launcher(DecodeProblem problem) =>
        new(CutlassImages.FromAssembly().Library, problem.Layer, Device, isProgrammatic: true);
}
