namespace FusedMoe.Host.Benchmarks;

/// <summary>What the backends should reach, as data, and which cells do.</summary>
internal static class BenchTargets
{
    private const string Cutlass = "cutlass";
    private const string Triton = "triton";
    private const string SmallExperts = "qwen3-30b-a3b";

    /// <summary>With skewed routing the floor's figures may be exceeded this much.</summary>
    private const double SkewAllowance = 1.2;

    /// <summary>The first that applies counts, of peers and of the floor each.</summary>
    public static IReadOnlyList<BenchTarget> All { get; } =
    [
        new(Triton, 1, 1, TargetMeasure.TimesTriton, 0.8),
        new(Triton, 4, 4, TargetMeasure.TimesTriton, 0.8),
        new(Triton, 1, int.MaxValue, TargetMeasure.TimesTriton, 1.03),
        new(Cutlass, 1, int.MaxValue, TargetMeasure.TimesBestPeer, 1.0),
        new(Cutlass, 1, 1, TargetMeasure.Microseconds, 30, SmallExperts),
        new(Cutlass, 1, 8, TargetMeasure.TimesFloor, 1.5),
        new(Cutlass, 16, 256, TargetMeasure.TimesFloor, 1.2, SmallExperts),
        new(Cutlass, 16, 256, TargetMeasure.TimesFloor, 1.08),
        new(Cutlass, 512, 2048, TargetMeasure.TimesFloor, 1.4),
        new(Cutlass, 4096, 16383, TargetMeasure.TimesFloor, 1.35),
        new(Cutlass, 16384, int.MaxValue, TargetMeasure.TimesFloor, 1.25),
    ];

    /// <summary>
    /// The cell judged by the targets that apply. Peers' count only with uniform routing and where the peer was measured.
    /// </summary>
    public static IReadOnlyList<TargetVerdict> Judge(LayerMeasurement cell, RoutingDistribution distribution)
    {
        var isUniform = distribution == RoutingDistribution.Uniform;
        var applying = All.Where(t => t.AppliesTo(cell)).ToArray();
        var verdicts = new List<TargetVerdict>();
        foreach (var target in new[] { Array.Find(applying, t => !t.IsOfPeer), Array.Find(applying, t => t.IsOfPeer) })
        {
            if (target is null || (target.IsOfPeer && !isUniform) || Actual(cell, target.Measure) is not { } actual)
            {
                continue;
            }

            var held = isUniform ? target : target with { Limit = target.Limit * SkewAllowance };
            verdicts.Add(new TargetVerdict(held.ToString(), held.Limit, actual, actual <= held.Limit));
        }

        return verdicts;
    }

    private static double? Actual(LayerMeasurement cell, TargetMeasure measure) => measure switch
    {
        TargetMeasure.TimesFloor => cell.TimesFloor,
        TargetMeasure.Microseconds => cell.Microseconds,
        TargetMeasure.TimesTriton => cell.Peers.FirstOrDefault(p => p.Peer == PeerNames.Triton)?.Ratio,
        TargetMeasure.TimesBestPeer => cell.Peers.Count == PeerNames.All.Count ? cell.Peers.Max(p => p.Ratio) : null,
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "No such measure."),
    };
}
