using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Commands;

/// <summary>The cells a verb was asked to measure.</summary>
/// <param name="Shapes">Layer shapes.</param>
/// <param name="Tokens">Tokens of the calls.</param>
/// <param name="Repeats">Timed calls of each.</param>
/// <param name="PauseMilliseconds">The longest pause before a timed call on a GPU.</param>
internal sealed record CellRequest(IReadOnlyList<NamedShape> Shapes, int[] Tokens, int Repeats, int PauseMilliseconds);
