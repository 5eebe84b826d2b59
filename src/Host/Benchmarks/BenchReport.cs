using System.Globalization;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Benchmarks;

/// <summary>Measurements as a table for people and as JSON for programs.</summary>
internal static class BenchReport
{
    /// <summary>The table, what ran, and which targets are missed where.</summary>
    public static string Text(IReadOnlyList<LayerMeasurement> cells)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var peers = PeerNames.All.Where(name => cells.Any(c => c.Peers.Any(p => p.Peer == name))).ToArray();
        text.Write($"{"shape",-18} {"tokens",7} {"µs",11} {"TB/s",7} {"TFLOP/s",8} {"floor µs",10} {"x floor",8} {"error",8}");
        text.WriteLine(string.Concat(peers.Select(name => $" {name + " µs",14} {"ratio",6}")));
        foreach (var c in cells)
        {
            text.Write(
                $"{c.Shape,-18} {c.Tokens,7} {c.Microseconds,11:0.0} {c.TerabytesPerSecond,7:0.000} "
                + $"{c.TeraflopsPerSecond,8:0.00} "
                + $"{c.FloorMicroseconds,10:0.0} {c.TimesFloor,8:0.00} {c.RelativeError,8:0.0000}");
            text.WriteLine(string.Concat(peers.Select(name => PeerColumns(c.Peers.FirstOrDefault(p => p.Peer == name)))));
        }

        foreach (var chain in cells.Select(c => c.Chain).Distinct())
        {
            text.WriteLine($"chain: {chain}");
        }

        WriteTargets(text, cells);
        return text.ToString();
    }

    /// <summary>The same for programs, with the device and the ceilings that the floor is computed from.</summary>
    public static object Json(DeviceTraits device, BenchSettings settings, IReadOnlyList<LayerMeasurement> cells) =>
        ResultStamp.Around(device, new
        {
            routing = settings.Distribution.ToString(),
            pauseMilliseconds = settings.Pause.LongestMilliseconds,
            ceilings = new
            {
                terabytesPerSecond = settings.Ceilings.BytesPerSecond / 1e12,
                teraflopsPerSecond = double.IsFinite(settings.Ceilings.OperationsPerSecond)
                    ? settings.Ceilings.OperationsPerSecond / 1e12
                    : (double?)null,
                source = settings.Ceilings.Source,
            },
            cells,
        });

    private static string PeerColumns(PeerComparison? peer) => peer is null
        ? $" {"-",14} {"-",6}"
        : string.Create(CultureInfo.InvariantCulture, $" {peer.Microseconds,14:0.0} {peer.Ratio,6:0.00}");

    /// <summary>A line a target, below it the shapes that miss it with their token counts and values.</summary>
    private static void WriteTargets(StringWriter text, IReadOnlyList<LayerMeasurement> cells)
    {
        var judged = cells.SelectMany(c => c.Targets.Select(t => (Cell: c, Verdict: t)));
        foreach (var target in judged.GroupBy(j => j.Verdict.Target))
        {
            text.WriteLine($"{target.Key} - met by {target.Count(j => j.Verdict.IsMet)} of {target.Count()}");
            foreach (var shape in target.Where(j => !j.Verdict.IsMet).GroupBy(j => j.Cell.Shape))
            {
                var misses = shape.Select(j => FormattableString.Invariant($"{j.Cell.Tokens} ({j.Verdict.Actual:0.00})"));
                text.WriteLine($"  missed by {shape.Key} at {string.Join(", ", misses)}");
            }
        }
    }
}
