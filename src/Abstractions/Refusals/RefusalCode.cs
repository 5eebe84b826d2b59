namespace FusedMoe;

/// <summary>
/// Stable kebab-case name of one rule. An open set: plugins add their own with a prefix, <c>mine.tile-limit</c>.
/// </summary>
/// <param name="Value">The name.</param>
public readonly record struct RefusalCode(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}
