using System.Text.Json;

namespace FusedMoe.Cpu.Benchmarks;

/// <summary>Everything one run found out, as it is committed.</summary>
internal sealed record Report(
    string Machine,
    DateTimeOffset Date,
    string Commit,
    string Layer,
    string LoadAverageBefore,
    string LoadAverageAfter,
    string Note,
    MachineLimits LimitsBefore,
    MachineLimits LimitsAfter,
    IReadOnlyList<LayerFigure> FusedMoe,
    IReadOnlyList<PeerFigure> Torch)
{
    public static JsonSerializerOptions Json { get; } =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
}
