namespace FusedMoe.Experts.Triton;

/// <summary>One row of a tuned file.</summary>
/// <param name="Tokens">Tokens it was tuned for.</param>
/// <param name="Tile">The tile it names; the nearest compiled one is used.</param>
/// <param name="GroupM">Row blocks that walk the columns together; null when the file does not say.</param>
internal sealed record TunedTile(int Tokens, TritonTile Tile, int? GroupM);
