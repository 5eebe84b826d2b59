namespace FusedMoe.Experts.Triton;

/// <summary>A tile of the path without sorting.</summary>
/// <param name="Name">Columns, K step and stages, as image keys spell them.</param>
/// <param name="Step">K step, in elements.</param>
internal readonly record struct TinyTile(string Name, int Step);
