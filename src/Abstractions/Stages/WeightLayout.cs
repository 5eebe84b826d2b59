namespace FusedMoe;

/// <summary>
/// Name of an arrangement of weights in memory. Backends that name the same layout share one copy, which the first of them
/// prepares; <see cref="Checkpoint"/> is not copied, and each prepares (checks) it for itself.
/// </summary>
/// <param name="Name">Kebab-case; a plugin prefixes its own.</param>
public readonly record struct WeightLayout(string Name)
{
    /// <summary>The layout of <see cref="ExpertWeights"/>, unchanged.</summary>
    public static WeightLayout Checkpoint => new("checkpoint");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
