using System.Text.Json.Serialization;

namespace FusedMoe.Host.Benchmarks;

/// <summary>One layer and token count in a file of benchmarks/peers/measure.py.</summary>
/// <param name="Layer">A name of <see cref="NamedShape"/>.</param>
/// <param name="Tokens">Tokens of a call.</param>
/// <param name="Bytes">Bytes of the floor of the routing that was drawn.</param>
/// <param name="Operations">Operations of that floor.</param>
/// <param name="Triton">Null when that peer failed or was not measured.</param>
/// <param name="GroupedMm">Null when that peer failed.</param>
internal sealed record PeerCell(
    string Layer,
    int Tokens,
    double Bytes,
    double Operations,
    PeerFigure? Triton = null,
    [property: JsonPropertyName("grouped_mm")] PeerFigure? GroupedMm = null)
{
    /// <summary>The figures there are, set against <paramref name="microseconds"/> of ours.</summary>
    public IReadOnlyList<PeerComparison> Compare(double microseconds) =>
    [
        .. new[] { (Name: PeerNames.Triton, Figure: Triton), (Name: PeerNames.GroupedMm, Figure: GroupedMm) }
            .Where(p => p.Figure is not null)
            .Select(p => new PeerComparison(p.Name, p.Figure!.Microseconds, microseconds / p.Figure.Microseconds)),
    ];
}
