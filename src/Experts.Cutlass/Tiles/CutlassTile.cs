using System.Globalization;

namespace FusedMoe.Experts.Cutlass;

/// <summary>
/// A tile shape: up to so many rows of activations by consumer warpgroups, each of which takes 128 rows of weights. Blocks of a
/// cluster share weights and have their own rows.
/// </summary>
/// <param name="Tokens">Most rows of one expert that a block takes.</param>
/// <param name="Consumers">Consumer warpgroups of a block.</param>
/// <param name="ClusterBlocks">Blocks that share weights.</param>
internal readonly record struct CutlassTile(int Tokens, int Consumers, int ClusterBlocks = 1)
{
    private static readonly CutlassTile[] Tiles = [new(16, 1), new(64, 1), new(128, 1), new(160, 1), new(160, 2, 2)];

    /// <summary>Every tile that is compiled, by rows.</summary>
    public static IReadOnlyList<CutlassTile> All => Tiles;

    /// <summary>For example <c>160x1</c>, or <c>160x2c2</c> with clusters of two blocks.</summary>
    public string Key => ClusterBlocks == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Tokens}x{Consumers}")
        : string.Create(CultureInfo.InvariantCulture, $"{Tokens}x{Consumers}c{ClusterBlocks}");

    /// <summary>The compiled tile with this key, or null.</summary>
    public static CutlassTile? Parse(string key)
    {
        foreach (var tile in Tiles)
        {
            if (tile.Key == key)
            {
                return tile;
            }
        }

        return null;
    }
}
