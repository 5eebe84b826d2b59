namespace FusedMoe.Runtime.Checkpoints;

/// <summary>Where one weight of the experts is stored.</summary>
/// <param name="Name">
/// Tensor name after the layer's prefix. With <c>{expert}</c> there is a matrix for each expert; without, one tensor
/// holds all experts.
/// </param>
/// <param name="IsTransposed">True when a matrix is stored as input by output instead of output by input.</param>
internal sealed record WeightSource(string Name, bool IsTransposed = false)
{
    private const string Placeholder = "{expert}";

    private static readonly char[] Digits = [.. "0123456789"];

    public bool IsPerExpert => Name.Contains(Placeholder, StringComparison.Ordinal);

    /// <summary>
    /// True when <paramref name="name"/> is the weight of some expert, its bias or scale: the same name up to
    /// <c>weight</c> or <c>blocks</c>.
    /// </summary>
    public bool IsStemOf(string name)
    {
        var stem = Name.EndsWith("weight", StringComparison.Ordinal) ? Name[..^"weight".Length]
            : Name.EndsWith("blocks", StringComparison.Ordinal) ? Name[..^"blocks".Length]
            : Name;
        if (!IsPerExpert)
        {
            return name.StartsWith(stem, StringComparison.Ordinal);
        }

        var parts = stem.Split(Placeholder);
        var rest = name.StartsWith(parts[0], StringComparison.Ordinal) ? name[parts[0].Length..] : string.Empty;
        return rest.TrimStart(Digits).StartsWith(parts[1], StringComparison.Ordinal);
    }

    public string NameOf(int expert) => Name.Replace(Placeholder, $"{expert}", StringComparison.Ordinal);
}
