namespace FusedMoe.Experts.Cutlass.Tests;

public sealed class DecodeGpuTests : GpuFixture
{
    private const ushort Poison = 0xFFFF;

    private static readonly ActivationSpec Oai = new(ActivationKind.SwigluOai);
    private static readonly ActivationSpec Plain = new(ActivationKind.Relu2NoMul);

    private static readonly DecodeProblem Base = new(16, 4, 200, 264, 8);

    private static IEnumerable<DecodeProblem> Shapes =>
        from size in new[] { (72, 40), (200, 136), (2056, 776), (512, 1024), (8, 8) }
        from tokens in Enumerable.Range(1, 8)
        select new DecodeProblem(8, 2, size.Item1, size.Item2, tokens);

    private static IEnumerable<DecodeProblem> Features =>
    [
        Base with { DType = DType.Float16 }, Base with { Activation = Oai },
        Base with { Activation = Oai, Bias = DType.Float32 }, Base with { Activation = Oai, Bias = DType.BFloat16 },
        Base with { DType = DType.Float16, Activation = Oai, Bias = DType.Float16 },
        Base with { Activation = new(ActivationKind.SwigluOaiUninterleave, 1f, 1.5f, 0.5f), Bias = DType.Float32 },
        Base with { Activation = new(ActivationKind.Silu, limit: 0.5f) }, Base with { Bias = DType.BFloat16 },
        Base with { Activation = Plain }, Base with { Activation = Plain, Bias = DType.Float32 },
        Base with { HasOddIds = true }, Base with { HasMap = true }, Base with { HasMap = true, HasOddIds = true },
        Base with { Valid = 3 }, Base with { Valid = 0 }, Base with { Valid = 99 }, Base with { IsSkewed = true },
        Base with { IsSkewed = true, HasOddIds = true, Tokens = 7 }, Base with { TopK = 1 },
        new DecodeProblem(1024, 32, 136, 72, 8), new DecodeProblem(32, 32, 136, 72, 8) { HasOddIds = true },
        new DecodeProblem(2, 2, 16384, 64, 8),
    ];

    [TestCaseSource(nameof(Shapes))]
    [TestCaseSource(nameof(Features))]
    public void Products_EveryLivePairAndToken_AreCloseToFloat64AndNothingElseIsWritten(object given)
    {
        var problem = (DecodeProblem)given;
        using var call = new DecodeCall(Stream, problem);
        var (middle, output) = call.Run(Launcher(problem));
        var local = problem.LocalOf();
        for (var pair = 0; pair < problem.Pairs; pair++)
        {
            var row = Row(middle, pair, problem.Intermediate);
            if (local[pair] < 0)
            {
                Assert.That(row, Is.All.EqualTo(Poison));
                continue;
            }

            Compare(problem, $"first product of pair {pair}", row,
                DecodeReference.Middle(problem, call, pair / problem.TopK, local[pair]));
        }

        for (var token = 0; token < problem.Tokens; token++)
        {
            var row = Row(output, token, problem.Hidden);
            if (token >= (problem.Valid ?? problem.Tokens))
            {
                Assert.That(row, Is.All.EqualTo(Poison));
                continue;
            }

            Compare(problem, $"sum over slots of token {token}", row, DecodeReference.Sum(problem, call, middle, token, local));
        }
    }

    [Test]
    public void Products_Again_HaveTheSameBits([Values(1, 3, 8)] int tokens)
    {
        var problem = new DecodeProblem(32, 8, 2048, 768, tokens);
        using var call = new DecodeCall(Stream, problem);
        var launcher = Launcher(problem);
        var first = call.Run(launcher);
        for (var run = 0; run < 5; run++)
        {
            var again = call.Run(launcher);
            Assert.That(again.Middle, Is.EqualTo(first.Middle));
            Assert.That(again.Output, Is.EqualTo(first.Output));
        }
    }

    [Test]
    public void Products_OfARow_DoNotDependOnItsNeighbours()
    {
        var many = Base with { IsSkewed = true };
        using var together = new DecodeCall(Stream, many);
        using var alone = new DecodeCall(Stream, many with { Valid = 1 });
        var (_, all) = together.Run(Launcher(many));
        var (_, first) = alone.Run(Launcher(many));

        Assert.That(first[..many.Hidden], Is.EqualTo(all[..many.Hidden]));
    }

    private static ushort[] Row(ushort[] rows, int row, int columns) => rows[(row * columns)..((row + 1) * columns)];

    private static void Compare(DecodeProblem problem, string what, ushort[] actual, double[] expected)
    {
        var rounding = Numbers16.Rounding(problem.DType);
        for (var i = 0; i < expected.Length; i++)
        {
            var value = Numbers16.Value(problem.DType, actual[i]);
            var tolerance = (rounding * Math.Abs(expected[i])) + 2e-4;
            Assert.That(
                Math.Abs(value - expected[i]) <= tolerance, $"{what}, feature {i} of {problem}: {value} for {expected[i]}");
        }
    }

    private DecodeLauncher Launcher(DecodeProblem problem) =>
        new(CutlassImages.FromAssembly().Library, problem.Layer, Device, isProgrammatic: true);
}
