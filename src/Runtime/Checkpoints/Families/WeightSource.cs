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

    public bool IsPerExpert => Name.Contains(Placeholder, StringComparison.Ordinal);

    public string NameOf(int expert) => Name.Replace(Placeholder, $"{expert}", StringComparison.Ordinal);
}
