using System.Globalization;
using FusedMoe.Host.Output;

namespace FusedMoe.Host.Benchmarks;

/// <summary>Measurements as a table for people and as JSON for programs.</summary>
internal static class BenchReport
{
    public static string Text(IReadOnlyList<LayerMeasurement> cells)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine($"{"shape",-18} {"tokens",7} {"µs",11} {"TB/s",7} {"TFLOP/s",8} {"floor µs",10} {"x floor",8} {"error",8}");
        foreach (var c in cells)
        {
            text.WriteLine(
                $"{c.Shape,-18} {c.Tokens,7} {c.Microseconds,11:0.0} {c.TerabytesPerSecond,7:0.000} {c.TeraflopsPerSecond,8:0.00} "
                + $"{c.FloorMicroseconds,10:0.0} {c.TimesFloor,8:0.00} {c.RelativeError,8:0.0000}");
        }

        foreach (var chain in cells.Select(c => c.Chain).Distinct())
        {
            text.WriteLine($"chain: {chain}");
        }

        return text.ToString();
    }

    public static object Json(DeviceTraits device, BenchSettings settings, IReadOnlyList<LayerMeasurement> cells) =>
        ResultStamp.Around(device, new
        {
            routing = settings.Distribution.ToString(),
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
}
