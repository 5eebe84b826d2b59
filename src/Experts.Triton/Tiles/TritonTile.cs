using System.Globalization;

namespace FusedMoe.Experts.Triton;

/// <summary>A compiled tile of a grouped product.</summary>
/// <param name="BlockM">Rows (pairs).</param>
/// <param name="BlockN">Accumulator columns; a gated tile holds gate and up columns and writes half as many.</param>
/// <param name="BlockK">Columns of one step along K.</param>
/// <param name="Warps">Warps of 32 threads.</param>
/// <param name="Stages">Depth of the software pipeline.</param>
internal readonly record struct TritonTile(int BlockM, int BlockN, int BlockK, int Warps, int Stages)
{
    /// <summary>As kernel keys spell it, for example <c>64x128x64x4x4</c>.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{BlockM}x{BlockN}x{BlockK}x{Warps}x{Stages}");

    /// <summary>Reads a <see cref="Key"/>; null for anything else.</summary>
    public static TritonTile? Parse(string text)
    {
        var parts = text.Split('x');
        var sizes = new int[5];
        if (parts.Length != sizes.Length)
        {
            return null;
        }

        for (var i = 0; i < sizes.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] == 0)
            {
                return null;
            }
        }

        return new TritonTile(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]);
    }

    /// <inheritdoc/>
    public override string ToString() => Key;
}
