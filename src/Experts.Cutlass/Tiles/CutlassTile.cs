using System.Globalization;

namespace FusedMoe.Experts.Cutlass;

/// <summary>A tile shape: rows of activations by consumer warpgroups, each of which takes 128 rows of weights.</summary>
/// <param name="Tokens">Rows of one expert that a tile takes.</param>
/// <param name="Consumers">Consumer warpgroups of a block.</param>
internal readonly record struct CutlassTile(int Tokens, int Consumers)
{
    private static readonly CutlassTile[] Tiles = [new(8, 1), new(16, 1), new(16, 2), new(32, 2), new(64, 2), new(128, 2)];

    /// <summary>Every tile that is compiled, by rows.</summary>
    public static IReadOnlyList<CutlassTile> All => Tiles;

    /// <summary>The same for loops inside a call, where an enumerator would be an allocation.</summary>
    public static ReadOnlySpan<CutlassTile> Compiled => Tiles;

    /// <summary>For example <c>128x2</c>.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Tokens}x{Consumers}");

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
