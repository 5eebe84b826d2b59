namespace FusedMoe.Experts.Triton;

/// <summary>A tile with the kernel that has it.</summary>
/// <param name="Tile">Sizes.</param>
/// <param name="Key">Key in the manifest.</param>
internal readonly record struct TileImage(TritonTile Tile, string Key);
